for (const box of document.querySelectorAll(".snippet")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
  const name = box.querySelector("h3").textContent;
  button.setAttribute("aria-label", "Copy: " + name);
  button.addEventListener("click", async () => {
    const code = box.querySelector("code");
    try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(code); button.textContent = "Selected"; }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  box.insertBefore(button, box.querySelector("pre"));
}
const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
const mark = () => {
  const seen = [...document.querySelectorAll("main section")].filter((part) => part.getBoundingClientRect().top < innerHeight / 3);
  const here = links.get((seen.at(-1) ?? document.querySelector("main section"))?.id);
  for (const link of links.values()) if (link !== here) link.removeAttribute("aria-current");
  if (here && !here.hasAttribute("aria-current")) {
    here.setAttribute("aria-current", "true");
    const bar = here.closest("ol");
    bar.scrollTo({ left: here.offsetLeft - bar.offsetLeft - 32 });
  }
};
addEventListener("scroll", mark, { passive: true });
mark();
addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
