"""Where a transformer's tokens lie in the clip.

A patch embedding cuts latents ``[B, C, F, h, w]`` into patches of p_t × p_h × p_w and writes them row by row, frame
after frame: token = (frame · rows + row) · columns + column. So do Wan and CogVideoX, by 1 × 2 × 2 patches. A frame is
p_t latent frames here; rows run down and columns right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from motionbench.backbones import architecture

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TokenGrid:
    """The shape of the clip in tokens; raises ValueError unless all three are 1 or more."""

    frames: int
    rows: int
    columns: int

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise ValueError(f"a TokenGrid has 1 or more frames, rows and columns, got {self.shape}")

    @classmethod
    def of(cls, latents: Sequence[int], patch: Sequence[int]) -> Self:
        """The grid of latents of shape ``(B, C, F, h, w)`` cut into patches ``(p_t, p_h, p_w)``.

        Raises ValueError where the patches do not fill the latents: the model would drop the rest without a word.
        """
        if len(latents) != 5 or len(patch) != 3:
            raise ValueError(
                f"a TokenGrid is of latents (B, C, F, h, w) and patches (p_t, p_h, p_w), "
                f"got shapes {tuple(latents)} and {tuple(patch)}"
            )
        if any(length % part for length, part in zip(latents[2:], patch, strict=True)):
            raise ValueError(
                f"latents of {tuple(latents[2:])} (F, h, w) are not whole patches of {tuple(patch)}; "
                "choose frames, height and width that are"
            )
        frames, rows, columns = (length // part for length, part in zip(latents[2:], patch, strict=True))
        return cls(frames, rows, columns)

    @classmethod
    def for_transformer(cls, transformer: Any, latents: Tensor) -> Self:
        """The grid of ``latents [B, C, F, h, w]`` in a Wan or CogVideoX transformer."""
        return cls.of(tuple(latents.shape), architecture.of(transformer).patch(transformer))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(frames, rows, columns)."""
        return self.frames, self.rows, self.columns

    @property
    def tokens(self) -> int:
        """Tokens of the clip."""
        return self.frames * self.tokens_a_frame

    @property
    def tokens_a_frame(self) -> int:
        """Tokens of one frame."""
        return self.rows * self.columns

    def token(self, frame: int, row: int, column: int) -> int:
        """The token at a place; raises ValueError outside the grid."""
        place = frame, row, column
        if not all(0 <= index < length for index, length in zip(place, self.shape, strict=True)):
            raise ValueError(f"(frame, row, column) {place} is outside the token grid {self.shape}")
        return (frame * self.rows + row) * self.columns + column

    def place(self, token: int) -> tuple[int, int, int]:
        """(frame, row, column) of a token; raises ValueError outside the grid."""
        if not 0 <= token < self.tokens:
            raise ValueError(f"token {token} is outside the token grid {self.shape} of {self.tokens} tokens")
        frame, within = divmod(token, self.tokens_a_frame)
        return frame, *divmod(within, self.columns)

    def unfold(self, features: Tensor) -> Tensor:
        """``[B, S, ...]`` as ``[B, frames, rows, columns, ...]``; raises ValueError for another S."""
        if features.ndim < 2 or features.shape[1] != self.tokens:
            raise ValueError(f"a token grid {self.shape} unfolds [B, {self.tokens}, ...], got {tuple(features.shape)}")
        return features.reshape(features.shape[0], *self.shape, *features.shape[2:])

    def fold(self, features: Tensor) -> Tensor:
        """``[B, frames, rows, columns, ...]`` as ``[B, S, ...]``; raises ValueError for another grid."""
        if tuple(features.shape[1:4]) != self.shape:
            raise ValueError(f"a token grid {self.shape} folds [B, *{self.shape}, ...], got {tuple(features.shape)}")
        return features.flatten(1, 3)
