"""Builds backbone, methods, tracker, encoder, metrics and cases when the first item needs them, and keeps them.

A run whose items are all there builds nothing, and so imports no torch.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from motionbench import placement, registry
from motionbench.columns import Column
from motionbench.contracts import Method, Metric, PointTracker
from motionbench.encoders.watched import WatchedEncoder
from motionbench.options import Choice
from motionbench.request import Request
from motionbench.specs import EncoderSpec
from motionbench.types import Annotation, Case, CaseEntry, Video

if TYPE_CHECKING:
    from motionbench.isolation.host import IsolatedMethod

V = TypeVar("V")
_CASES, _VIDEOS = 32, 4


class Recent(Generic[V]):
    """The last few values, by key."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[str, V] = OrderedDict()

    def get(self, key: str, make: Callable[[], V]) -> V:
        """The value of a key, made where it is not kept."""
        value = self._values.pop(key) if key in self._values else make()
        self._values[key] = value
        if len(self._values) > self._capacity:
            self._values.popitem(last=False)
        return value


class Workshop:
    """The live objects of one run."""

    def __init__(self, request: Request, device: str = "", *, shared: bool = False) -> None:
        self.request = request
        self.shared = shared
        """Whether other workers use the same device."""
        self.spared = ""
        """The memory mode that the backbone was put into for want of memory, or ""."""
        self._device = device
        self.videos: Recent[Video] = Recent(_VIDEOS)
        self._cases: Recent[Case] = Recent(_CASES)
        self._methods: dict[str, Method] = {}
        self._workers: list[IsolatedMethod] = []
        self._encoders: dict[str, WatchedEncoder] = {}
        self._metrics: dict[str, Metric] = {}

    @cached_property
    def backbone(self) -> Any:
        """The backbone with its weights loaded."""
        spec = self.request.backbone
        return placement.build(registry.implementation(spec), spec, device=self._device, owner=spec.name)

    @cached_property
    def tracker(self) -> PointTracker:
        """The protocol's tracker."""
        kind = registry.implementation(registry.tracker(self.request.protocol.tracker))
        return cast(PointTracker, placement.build(kind, device=self._device))

    def step_down(self) -> bool:
        """Have the parts of the backbone take turns on the device, once; False where that spares nothing.

        No bit of the output changes (``specs.MemoryMode``).
        """
        spare = getattr(vars(self).get("backbone"), "spare_memory", None)
        if self.spared or spare is None or not spare():
            return False
        self.spared = "offload"
        return True

    def encoder(self, spec: EncoderSpec) -> WatchedEncoder:
        """An image-text model with its weights loaded."""
        if spec.name not in self._encoders:
            encoder = placement.build(registry.implementation(spec), spec, device=self._device)
            self._encoders[spec.name] = WatchedEncoder(encoder)
        return self._encoders[spec.name]

    def method(self, choice: Choice) -> Method:
        """A method with its options."""
        if choice.label not in self._methods:
            self._methods[choice.label] = self._isolated(choice) if choice.spec.environment else self._beside(choice)
        return self._methods[choice.label]

    def _beside(self, choice: Choice) -> Method:
        backbone = self.backbone if choice.spec.backbones else None
        return cast(Method, registry.implementation(choice.spec)(backbone, choice.options))

    def _isolated(self, choice: Choice) -> Method:
        from motionbench.isolation.host import IsolatedMethod

        self.close()  # methods come one after the other, and a worker holds its weights as long as it lives
        backbone = self.request.backbone if choice.spec.backbones else None
        worker = placement.build(IsolatedMethod, choice.spec, backbone, choice.options, device=self._device)
        self._workers.append(worker)
        return self._workers[-1]

    def close(self) -> None:
        """End the workers of methods in environments of their own; what is asked of one again starts another."""
        for worker in self._workers:
            worker.close()

    def metric(self, column: Column) -> Metric:
        """A column's metric under the run's protocol."""
        if column.name not in self._metrics:
            encoder = self.encoder(column.encoder) if column.encoder else None
            kind, protocol = registry.implementation(column.spec), self.request.protocol
            self._metrics[column.name] = placement.build(kind, protocol, encoder, device=self._device)
        return self._metrics[column.name]

    def case(self, entry: CaseEntry) -> Case:
        """A case, decoded and verified."""
        return self._cases.get(entry.id, lambda: self.request.suite.load(entry))

    def case_for(self, choice: Choice, entry: CaseEntry) -> Case:
        """A case without what the method's spec does not say that it sees."""
        case, inputs = self.case(entry), choice.spec.inputs
        return dataclasses.replace(
            case,
            perfect=case.perfect if "perfect" in inputs else None,
            other=case.other if "other" in inputs else None,
            annotation=case.annotation if "annotation" in inputs else Annotation(),
        )
