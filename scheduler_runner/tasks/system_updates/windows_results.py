"""The codes that Windows Update answers with, and what they mean for us.

Names and numbers are those of wuerror.h, as "WUA Success and Error Codes" and "WUA Networking Error Codes" of
Microsoft's documentation list them; beside them stand those of Windows itself that the agent passes on.
"""

from enum import IntEnum
from typing import NamedTuple

from scheduler_runner.tasks.system_updates.update_values import NO_CONNECTION, Kind


class ResultCode(IntEnum):
    """OperationResultCode of wuapi.h: how a search, a download or an installation ended."""

    NOT_STARTED = 0
    IN_PROGRESS = 1
    SUCCEEDED = 2
    SUCCEEDED_WITH_ERRORS = 3
    FAILED = 4
    ABORTED = 5


class Meaning(NamedTuple):
    """What a HRESULT means: its name, ``""`` for one that nobody listed, and what staff are told, in Russian."""

    name: str
    kind: Kind
    told: str


def meaning_of(hresult: int) -> Meaning:
    """Return what a HRESULT, signed or not, means.

    >>> meaning_of(-2145124330).name, meaning_of(0x80070005).told
    ('WU_E_INSTALL_NOT_ALLOWED', 'нет прав администратора')
    """
    code = hresult & 0xFFFFFFFF
    name = NAMES.get(code, "")
    for codes, kind, told in _KINDS:
        if code in codes:
            return Meaning(name, kind, told)
    return Meaning(name, Kind.FAILED, f"ошибка {hex_code(code)}")


def hex_code(hresult: int) -> str:
    """Return a HRESULT as Microsoft writes it.

    >>> hex_code(-2145124330)
    '0x80240016'
    """
    return f"0x{hresult & 0xFFFFFFFF:08X}"


NAMES = {
    0x00240001: "WU_S_SERVICE_STOP",
    0x00240002: "WU_S_SELFUPDATE",
    0x00240003: "WU_S_UPDATE_ERROR",
    0x00240004: "WU_S_MARKED_FOR_DISCONNECT",
    0x00240005: "WU_S_REBOOT_REQUIRED",
    0x00240006: "WU_S_ALREADY_INSTALLED",
    0x00240007: "WU_S_ALREADY_UNINSTALLED",
    0x00240008: "WU_S_ALREADY_DOWNLOADED",
    0x00242015: "WU_S_UH_INSTALLSTILLPENDING",
    0x80240001: "WU_E_NO_SERVICE",
    0x80240002: "WU_E_MAX_CAPACITY_REACHED",
    0x80240003: "WU_E_UNKNOWN_ID",
    0x80240004: "WU_E_NOT_INITIALIZED",
    0x80240005: "WU_E_RANGEOVERLAP",
    0x80240006: "WU_E_TOOMANYRANGES",
    0x80240007: "WU_E_INVALIDINDEX",
    0x80240008: "WU_E_ITEMNOTFOUND",
    0x80240009: "WU_E_OPERATIONINPROGRESS",
    0x8024000A: "WU_E_COULDNOTCANCEL",
    0x8024000B: "WU_E_CALL_CANCELLED",
    0x8024000C: "WU_E_NOOP",
    0x8024000D: "WU_E_XML_MISSINGDATA",
    0x8024000E: "WU_E_XML_INVALID",
    0x8024000F: "WU_E_CYCLE_DETECTED",
    0x80240010: "WU_E_TOO_DEEP_RELATION",
    0x80240011: "WU_E_INVALID_RELATIONSHIP",
    0x80240012: "WU_E_REG_VALUE_INVALID",
    0x80240013: "WU_E_DUPLICATE_ITEM",
    0x80240014: "WU_E_INVALID_INSTALL_REQUESTED",
    0x80240016: "WU_E_INSTALL_NOT_ALLOWED",
    0x80240017: "WU_E_NOT_APPLICABLE",
    0x80240018: "WU_E_NO_USERTOKEN",
    0x80240019: "WU_E_EXCLUSIVE_INSTALL_CONFLICT",
    0x8024001A: "WU_E_POLICY_NOT_SET",
    0x8024001B: "WU_E_SELFUPDATE_IN_PROGRESS",
    0x8024001D: "WU_E_INVALID_UPDATE",
    0x8024001E: "WU_E_SERVICE_STOP",
    0x8024001F: "WU_E_NO_CONNECTION",
    0x80240020: "WU_E_NO_INTERACTIVE_USER",
    0x80240021: "WU_E_TIME_OUT",
    0x80240022: "WU_E_ALL_UPDATES_FAILED",
    0x80240023: "WU_E_EULAS_DECLINED",
    0x80240024: "WU_E_NO_UPDATE",
    0x80240025: "WU_E_USER_ACCESS_DISABLED",
    0x80240026: "WU_E_INVALID_UPDATE_TYPE",
    0x80240027: "WU_E_URL_TOO_LONG",
    0x80240028: "WU_E_UNINSTALL_NOT_ALLOWED",
    0x80240029: "WU_E_INVALID_PRODUCT_LICENSE",
    0x8024002A: "WU_E_MISSING_HANDLER",
    0x8024002B: "WU_E_LEGACYSERVER",
    0x8024002C: "WU_E_BIN_SOURCE_ABSENT",
    0x8024002D: "WU_E_SOURCE_ABSENT",
    0x8024002E: "WU_E_WU_DISABLED",
    0x8024002F: "WU_E_CALL_CANCELLED_BY_POLICY",
    0x80240030: "WU_E_INVALID_PROXY_SERVER",
    0x80240031: "WU_E_INVALID_FILE",
    0x80240032: "WU_E_INVALID_CRITERIA",
    0x80240033: "WU_E_EULA_UNAVAILABLE",
    0x80240034: "WU_E_DOWNLOAD_FAILED",
    0x80240035: "WU_E_UPDATE_NOT_PROCESSED",
    0x80240036: "WU_E_INVALID_OPERATION",
    0x80240037: "WU_E_NOT_SUPPORTED",
    0x80240038: "WU_E_WINHTTP_INVALID_FILE",
    0x80240039: "WU_E_TOO_MANY_RESYNC",
    0x80240040: "WU_E_NO_SERVER_CORE_SUPPORT",
    0x80240041: "WU_E_SYSPREP_IN_PROGRESS",
    0x80240042: "WU_E_UNKNOWN_SERVICE",
    0x80240043: "WU_E_NO_UI_SUPPORT",
    0x80240044: "WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED",
    0x80240045: "WU_E_UNSUPPORTED_SEARCHSCOPE",
    0x80240046: "WU_E_BAD_FILE_URL",
    0x80240047: "WU_E_NOTSUPPORTED",
    0x80240048: "WU_E_INVALID_NOTIFICATION_INFO",
    0x80240049: "WU_E_OUTOFRANGE",
    0x8024004A: "WU_E_SETUP_IN_PROGRESS",
    0x80240FFF: "WU_E_UNEXPECTED",
    0x80244016: "WU_E_PT_HTTP_STATUS_BAD_REQUEST",
    0x80244017: "WU_E_PT_HTTP_STATUS_DENIED",
    0x80244018: "WU_E_PT_HTTP_STATUS_FORBIDDEN",
    0x80244019: "WU_E_PT_HTTP_STATUS_NOT_FOUND",
    0x8024401A: "WU_E_PT_HTTP_STATUS_BAD_METHOD",
    0x8024401B: "WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ",
    0x8024401C: "WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT",
    0x8024401D: "WU_E_PT_HTTP_STATUS_CONFLICT",
    0x8024401E: "WU_E_PT_HTTP_STATUS_GONE",
    0x8024401F: "WU_E_PT_HTTP_STATUS_SERVER_ERROR",
    0x80244020: "WU_E_PT_HTTP_STATUS_NOT_SUPPORTED",
    0x80244021: "WU_E_PT_HTTP_STATUS_BAD_GATEWAY",
    0x80244022: "WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL",
    0x80244023: "WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT",
    0x80244024: "WU_E_PT_HTTP_STATUS_VERSION_NOT_SUP",
    0x8024402B: "WU_E_PT_HTTP_STATUS_NOT_MAPPED",
    0x8024402C: "WU_E_PT_WINHTTP_NAME_NOT_RESOLVED",
    0x80070005: "E_ACCESSDENIED",
    0x80070070: "ERROR_DISK_FULL",
    0x80070422: "ERROR_SERVICE_DISABLED",
    0x80072EE2: "ERROR_INTERNET_TIMEOUT",
    0x80072EE7: "ERROR_INTERNET_NAME_NOT_RESOLVED",
    0x80072EFD: "ERROR_INTERNET_CANNOT_CONNECT",
    0x80072EFE: "ERROR_INTERNET_CONNECTION_ABORTED",
    0x80072F8F: "ERROR_INTERNET_SECURE_FAILURE",
    0x80040154: "REGDB_E_CLASSNOTREG",
    0x80240438: "WU_E_PT_ENDPOINT_UNREACHABLE",
    0x8024200D: "WU_E_UH_NEEDANOTHERDOWNLOAD",
    0x80242014: "WU_E_UH_POSTREBOOTSTILLPENDING",
    0x80244007: "WU_E_PT_SOAPCLIENT_SOAPFAULT",
    0x80244010: "WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS",
    0x8024402F: "WU_E_PT_ECP_SUCCEEDED_WITH_ERRORS",
    0x8024500C: "WU_E_REDIRECTOR_CONNECT_POLICY",
    0x80246008: "WU_E_DM_FAILTOCONNECTTOBITS",
    0x8024D009: "WU_E_SETUP_SKIP_UPDATE",
    0x8024D015: "WU_E_SETUP_NON_DEFERRABLE_REBOOT_PENDING",
    0x80070008: "ERROR_NOT_ENOUGH_MEMORY",
    0x8007000E: "E_OUTOFMEMORY",
    0x80070020: "ERROR_SHARING_VIOLATION",
    0x800705B4: "ERROR_TIMEOUT",
    0x80070643: "ERROR_INSTALL_FAILURE",
    0x80070BC2: "ERROR_SUCCESS_REBOOT_REQUIRED",
    0x80070BC9: "ERROR_FAIL_REBOOT_REQUIRED",
    0x80072EFF: "ERROR_INTERNET_CONNECTION_RESET",
    0x80072F76: "ERROR_HTTP_HEADER_NOT_FOUND",
    0x80073712: "ERROR_SXS_COMPONENT_STORE_CORRUPT",
}

# Those that mean the same to us; whatever is not among them is the failure of one update.
_KINDS = (
    (
        # 0x80240016 may also mean that a restart is due: only who knows of the restart can tell the two apart.
        {0x80240009, 0x80240016, 0x8024001B, 0x8024001E, 0x80240041, 0x8024004A, 0x00242015},
        Kind.BUSY,
        "идёт другая установка обновлений",
    ),
    (
        # 0x80244016 to 0x8024402D: whatever HTTP answers for the server or for a proxy on the way. The last one has no
        # published name; Microsoft's support pages say of it that it passes.
        {*range(0x80244016, 0x8024402E), 0x8024001F, 0x80240021, 0x80240030}
        | {0x80072EE2, 0x80072EE7, 0x80072EFD, 0x80072EFE, 0x80072EFF, 0x80072F76}
        | {0x80240438, 0x80244007, 0x80244010, 0x8024402F, 0x80246008},
        Kind.HOPELESS,
        NO_CONNECTION,
    ),
    ({0x80072F8F}, Kind.HOPELESS, "сервер обновлений не признан: верны ли дата и время на компьютере?"),
    ({0x80070005, 0x80240044}, Kind.HOPELESS, "нет прав администратора"),
    ({0x80070070}, Kind.HOPELESS, "нет места на диске"),
    ({0x80070422, 0x80240001, 0x80040154}, Kind.HOPELESS, "служба Windows Update отключена или повреждена"),
    ({0x80240025, 0x8024002E, 0x8024002F, 0x8024500C}, Kind.HOPELESS, "Windows Update запрещён политикой"),
    ({0x80242014, 0x8024D015, 0x80070BC9, 0x80070BC2}, Kind.RESTART_FIRST, "сначала нужна перезагрузка"),
    # There already, or not for this PC.
    ({0x80240017, 0x8024000C, 0x80240024, 0x00240006, 0x8024D009}, Kind.NOT_NEEDED, "не нужно этому компьютеру"),
    ({0x800705B4}, Kind.OUT_OF_TIME, "Windows Update долго не отвечает"),
    ({0x80070008, 0x8007000E}, Kind.HOPELESS, "не хватает памяти, поможет перезагрузка"),
    ({0x80070020}, Kind.FAILED, "файл занят другой программой, возможно антивирусом"),
    (
        {0x80073712},
        Kind.FAILED,
        "повреждено хранилище компонентов: DISM /Online /Cleanup-Image /RestoreHealth от имени администратора",
    ),
    ({0x80070643}, Kind.FAILED, "установщик отказал: часто мал раздел восстановления (см. docs/system-updates.md)"),
    ({0x8024200D}, Kind.FAILED, "нужна ещё одна загрузка, следующий запуск её сделает"),
)
