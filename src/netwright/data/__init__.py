"""What happens to samples before a network sees them: reading, checking, encoding, splitting, sampling."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.data.augmentations.label_flipping import LabelFlipping
    from netwright.data.augmentations.mask_moves import MaskMoves
    from netwright.data.augmentations.pictures.choosing import choose_augmentation
    from netwright.data.augmentations.pictures.color_jitter import (
        ColorJitter,
        GaussianBlur,
        RandomGrayscale,
        RandomSolarize,
    )
    from netwright.data.augmentations.pictures.in_turn import InTurn
    from netwright.data.augmentations.pictures.mixing import CutMix, Mixup
    from netwright.data.augmentations.pictures.rand_augment import RandAugment
    from netwright.data.augmentations.pictures.random_affine import RandomAffine
    from netwright.data.augmentations.pictures.random_crop import RandomCrop, RandomResizedCrop
    from netwright.data.augmentations.pictures.random_erasing import RandomErasing
    from netwright.data.augmentations.pictures.random_flip import RandomFlip
    from netwright.data.augmentations.pictures.two_views import TwoViews, barlow_views
    from netwright.data.augmentations.time_stretch import TimeStretch
    from netwright.data.augmentations.token_masking import TokenMasking
    from netwright.data.columns import ColumnKind, describe_columns
    from netwright.data.corpus import (
        CorpusError,
        Tokenizer,
        TokenStream,
        UnknownWordError,
        Vocabulary,
        encode_corpus,
        read_corpus,
    )
    from netwright.data.corpus.co_occurrence import co_occurrences
    from netwright.data.corpus.counting import word_counts
    from netwright.data.embedding_rule import embedding_size
    from netwright.data.encoders import (
        CategoryColumn,
        CategoryEncoder,
        DateColumn,
        DayColumn,
        GroupEntropyEncoder,
        NumberColumn,
        TableEncoder,
    )
    from netwright.data.images.checking import check_images
    from netwright.data.images.folders import read_image_folder, read_image_table
    from netwright.data.images.idx import read_idx
    from netwright.data.images.image_files import ImageFiles
    from netwright.data.images.reading import read_images
    from netwright.data.phrases import ENGLISH_CONNECTORS, Phrases, discounted_phrase_score, npmi_phrase_score
    from netwright.data.poisoning.greedy_flips import flip_labels_greedily
    from netwright.data.poisoning.sanitization import SanitizedLabels, sanitize_labels
    from netwright.data.poisoning.svm_flips import flip_labels_against_svm
    from netwright.data.quality import TableFinding, check_table
    from netwright.data.readers import read_frame, to_frame, write_frame
    from netwright.data.samplers import RandomOverSampler, RandomUnderSampler
    from netwright.data.sentences.cleaning import CleanSentences, SentenceCleaner, clean_sentences
    from netwright.data.sequences.batch import SequenceBatch
    from netwright.data.sequences.padding import pad_sequences
    from netwright.data.sequences.reading import read_sequences
    from netwright.data.sequences.samples import SequenceSamples, StepTargets
    from netwright.data.sequences.scaling import SequenceScaler
    from netwright.data.sequences.smart_batches import smart_batches
    from netwright.data.sequences.ts_files import TsFile, read_ts
    from netwright.data.series.calendar import calendar_features
    from netwright.data.series.differencing import Differencing
    from netwright.data.series.frequency import infer_frequency, regular_times
    from netwright.data.series.origins import RollingOrigins
    from netwright.data.series.scaling import TanhScaler
    from netwright.data.series.seasons import autocorrelation, choose_window, find_season
    from netwright.data.series.table import SeriesTable, read_series
    from netwright.data.series.windows import sliding_windows, split_windows
    from netwright.data.splits import split_rows
    from netwright.data.target import Target, read_target
    from netwright.data.weights import class_weights, sample_weights
    from netwright.data.wordpiece import WordPiece

__all__ = [
    "ENGLISH_CONNECTORS",
    "CategoryColumn",
    "CategoryEncoder",
    "CleanSentences",
    "ColorJitter",
    "ColumnKind",
    "CorpusError",
    "CutMix",
    "DateColumn",
    "DayColumn",
    "Differencing",
    "GaussianBlur",
    "GroupEntropyEncoder",
    "ImageFiles",
    "InTurn",
    "LabelFlipping",
    "MaskMoves",
    "Mixup",
    "NumberColumn",
    "Phrases",
    "RandAugment",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomGrayscale",
    "RandomOverSampler",
    "RandomResizedCrop",
    "RandomSolarize",
    "RandomUnderSampler",
    "RollingOrigins",
    "SanitizedLabels",
    "SentenceCleaner",
    "SequenceBatch",
    "SequenceSamples",
    "SequenceScaler",
    "SeriesTable",
    "StepTargets",
    "TableEncoder",
    "TableFinding",
    "TanhScaler",
    "Target",
    "TimeStretch",
    "TokenMasking",
    "TokenStream",
    "Tokenizer",
    "TsFile",
    "TwoViews",
    "UnknownWordError",
    "Vocabulary",
    "WordPiece",
    "autocorrelation",
    "barlow_views",
    "calendar_features",
    "check_images",
    "check_table",
    "choose_augmentation",
    "choose_window",
    "class_weights",
    "clean_sentences",
    "co_occurrences",
    "describe_columns",
    "discounted_phrase_score",
    "embedding_size",
    "encode_corpus",
    "find_season",
    "flip_labels_against_svm",
    "flip_labels_greedily",
    "infer_frequency",
    "npmi_phrase_score",
    "pad_sequences",
    "read_corpus",
    "read_frame",
    "read_idx",
    "read_image_folder",
    "read_image_table",
    "read_images",
    "read_sequences",
    "read_series",
    "read_target",
    "read_ts",
    "regular_times",
    "sample_weights",
    "sanitize_labels",
    "sliding_windows",
    "smart_batches",
    "split_rows",
    "split_windows",
    "to_frame",
    "word_counts",
    "write_frame",
]

__getattr__, __dir__ = opening(__name__, __file__)
