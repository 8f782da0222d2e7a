@echo off
rem The administrator's commands, from any folder: finds the project and its Python. In ASCII, whatever the code page.
setlocal
set "PVZ_PYTHON=%~dp0.venv\Scripts\python.exe"
if exist "%PVZ_PYTHON%" goto start
set "PVZ_PYTHON=py.exe"
where /q py.exe && goto start
echo There is no Python: install Python 3.10 or newer from python.org for all users, then run py -m venv "%~dp0.venv" 1>&2
exit /b 3
:start
rem The batch is left before Python starts (goto without a label ends it, the rest of the line still runs), so that
rem Ctrl+C does not ask whether to terminate a batch job, and the program's exit code is that of the batch, also where
rem nobody CALLs it, as npm's cmd-shim does it. Wine's cmd drops the rest of the line: there it starts nothing.
endlocal & goto #left 2>nul || title %COMSPEC% & "%PVZ_PYTHON%" "%~dp0scheduler_runner\start.py" scheduler_runner %*
