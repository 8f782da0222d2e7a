"""Run one configuration file as it is now, under its package's name; no domain's module stays behind."""

import os
import sys
from types import ModuleType

from config.base_config import PATH_CONFIG
from scheduler_runner.errors import ConfigError

_TASKS = "scheduler_runner.tasks"


def run_file(path: str) -> ModuleType:
    """Run a configuration file under its package's name, compiled from the text that it has now.

    Bytecode beside it would do for all but an edit within the same second. Raises ``ConfigError`` whatever it does.
    """
    domain = os.path.basename(os.path.dirname(os.path.dirname(path)))
    name = f"scheduler_runner.tasks.{domain}.config.{os.path.basename(path)[:-3]}"
    _install_packages(os.path.dirname(os.path.dirname(path)), domain)
    module = ModuleType(name)
    module.__file__, module.__package__ = path, name.rpartition(".")[0]
    sys.modules[name] = module
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - configuration is code, see docs/configuration.md
    except BaseException as error:
        raise _why(error, path) from error
    return module


def _install_packages(domain_dir: str, domain: str) -> None:
    """Let a configuration file import its domain's modules from where it stands."""
    parts = (
        (_TASKS, os.path.dirname(domain_dir), PATH_CONFIG["TASKS_ROOT"]),
        (f"{_TASKS}.{domain}", domain_dir),
        (f"{_TASKS}.{domain}.config", os.path.join(domain_dir, "config")),
    )
    for name, *folders in parts:
        package = ModuleType(name)
        package.__path__ = folders
        package.__package__ = name
        sys.modules[name] = package


class UntouchedModules:
    """Leaves the domains' modules in ``sys.modules`` as they were."""

    def __enter__(self) -> None:
        self._names = set(sys.modules)
        self._ours = {name: module for name, module in sys.modules.items() if name.startswith(_TASKS)}

    def __exit__(self, *_: object) -> None:
        for name in sys.modules.keys() - self._names:
            if name.startswith(_TASKS):
                del sys.modules[name]
        sys.modules.update(self._ours)


def _why(error: BaseException, path: str) -> ConfigError:
    if isinstance(error, SystemExit):
        told = "it ends the program when it is read (exit code {code!r}): only definitions would be right"
        return ConfigError(told, code=error.code)
    if isinstance(error, SyntaxError):
        line = f", line {error.lineno}" if error.lineno else ""
        return ConfigError("it is no Python ({reason}{line}): mend the file", reason=error.msg, line=line)
    if isinstance(error, OSError) and error.filename == path:
        told = "it cannot be read ({reason}): a readable Python file would be right"
        return ConfigError(told, reason=error.strerror)
    told = "it fails when it is read ({kind}: {text}{line}): mend the file"
    text = " ".join(str(error).split())
    return ConfigError(told, kind=type(error).__name__, text=text, line=_line_of(error, path))


def _line_of(error: BaseException, path: str) -> str:
    trace, line = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = f", line {trace.tb_lineno}"
        trace = trace.tb_next
    return line
