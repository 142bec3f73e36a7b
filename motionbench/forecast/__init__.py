"""What a run would do, take and need, told before it is started; nothing is run and torch is not loaded."""

from motionbench.forecast.making import forecast
from motionbench.forecast.records import Disk, Download, Forecast, Gap, Licence, MethodWork, StageWork

__all__ = ["Disk", "Download", "Forecast", "Gap", "Licence", "MethodWork", "StageWork", "forecast"]
