import pytest

from scheduler_runner.errors import SchedulerError
from scheduler_runner.setup.place import require_place

ENVIRON = {
    "PUBLIC": r"C:\Users\Public",
    "USERPROFILE": r"E:\Профили\Админ",
    "LOCALAPPDATA": r"F:\Local",
}


@pytest.mark.parametrize(
    "python",
    [
        r"C:\Users\Админ\AppData\Local\Programs\Python\Python313",
        r"c:/users/operator/python",
        r"E:\Профили\Оператор\AppData\Local\Python\pythoncore-3.14-64",
        r"F:\Local\Python\pythoncore-3.14-64",
        r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.13_x64",
    ],
)
def test_python_in_a_profile_or_of_the_store_is_refused(python):
    with pytest.raises(SchedulerError, match="belongs to one account and is not there for others"):
        require_place(python, (), ENVIRON)


@pytest.mark.parametrize("python", [r"C:\Program Files\Python313", r"C:\Python", r"C:\UsersOld\Python", r"D:\Users\Py"])
def test_python_for_all_users_is_right(python):
    require_place(python, (r"C:\PVZ", ""), ENVIRON)


@pytest.mark.parametrize("path", [r"C:\100% ПВЗ", r"C:\%TEMP%\pvz", r"D:\a\50%\pvz.ini"])
def test_percent_sign_in_a_path_of_the_entry_is_refused(path):
    with pytest.raises(SchedulerError) as caught:
        require_place(r"C:\Python", (r"C:\PVZ", path), ENVIRON)
    assert str(caught.value).endswith(f"a folder without % would be right in the place of {path}")
