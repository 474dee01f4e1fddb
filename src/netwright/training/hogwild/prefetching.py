"""Compiled: a row of a table is asked for before it is needed, so that nobody waits for memory."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def prefetch(_: Any, table: Any, row: Any, column: Any) -> Any:  # noqa: ARG001 - their types alone count
    """Ask for the line of memory in which table[row, column] stands; nothing else happens."""
    signature = types.void(table, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        array = context.make_array(kind)(context, builder, arguments[0])
        word, flag = ir.IntType(64), ir.IntType(32)
        address = builder.ptrtoint(array.data, word)
        for axis, index in enumerate(arguments[1:]):
            stride = builder.extract_value(array.strides, axis)
            address = builder.add(address, builder.mul(index, stride))
        pointer = ir.IntType(8).as_pointer()
        name = "llvm.prefetch.p0"
        function = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag]), name=name
        )
        builder.call(function, [builder.inttoptr(address, pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return signature, generate
