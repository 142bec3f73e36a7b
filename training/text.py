"""The word-level tokenizer of both mini models, and the captions that they train on."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from motionbench.mini.looks import COLOURS, FIGURES, PATTERNS, SHAPES
from motionbench.mini.world import PHRASES

SPECIAL = ("<pad>", "</s>", "<unk>")
LENGTH = 32


def vocabulary() -> list[str]:
    """Every word that the world's captions use."""
    words = {"a", "an", "and", "in", "on", "shirt", "trousers", "background", ","}
    words |= {*COLOURS, *SHAPES, *PATTERNS, *FIGURES}
    words |= {word for phrase in PHRASES.values() for word in phrase.split()}
    return [*SPECIAL, *sorted(words)]


ROLES = 8


def roles(caption: str) -> list[int]:
    """Whose every word is: 0-2 the objects, 3 the shirt, 4 the trousers, 5 the background, 6 the figure, 7 nobody's.

    "a red star and a blue circle on ..." has the same words with the colours exchanged; only the roles differ.
    """
    words = caption.replace(",", " ,").split()
    out, objects = [7] * len(words), 0
    for index, word in enumerate(words):
        if word in SHAPES:
            out[index - 1 : index + 1] = [objects, objects]
            objects += 1
        elif word in ("shirt", "trousers"):
            out[index - 1] = 3 if word == "shirt" else 4
        elif word == "background":
            out[index - 2 : index] = [5, 5]
        elif word in FIGURES:
            out[index] = 6
    return out


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Lower case, words and punctuation, ``</s>`` at the end; unknown words become ``<unk>``."""
    words = {word: index for index, word in enumerate(vocabulary())}
    core = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace()])
    core.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", words["</s>"])])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=LENGTH,
    )


def save_tokenizer(directory: Path) -> None:
    """As ``AutoTokenizer.from_pretrained(directory)`` reads it."""
    build_tokenizer().save_pretrained(directory)
