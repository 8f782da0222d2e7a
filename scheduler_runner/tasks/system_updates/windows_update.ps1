# Asks the Windows Update Agent through its COM interface and answers with one line of JSON.
#   -Stage search                          what is offered
#   -Stage download -Id GUID -Revision N   download one of these
#   -Stage install  -Id GUID -Revision N   install it
# What to install, when and in which order is decided by the caller. Plain ASCII, in here and in the answer: Windows
# PowerShell 5.1 reads and writes everything else in the code page of the PC.
param(
    [Parameter(Mandatory = $true)][ValidateSet('search', 'download', 'install')][string]$Stage,
    [string]$Id,
    [int]$Revision
)
$ErrorActionPreference = 'Stop'

function Write-Answer([hashtable]$Answer) {
    $json = ConvertTo-Json -InputObject $Answer -Depth 4 -Compress
    $ascii = [regex]::Replace($json, '[^\x20-\x7E]', { param($match) '\u{0:x4}' -f [int][char]$match.Value })
    [Console]::Out.WriteLine($ascii)
}

function Find-Update([object]$Session, [string]$Criteria, [bool]$Online) {
    $searcher = $Session.CreateUpdateSearcher()       # IUpdateSession::CreateUpdateSearcher
    $searcher.Online = $Online                        # IUpdateSearcher::put_Online; false: what the last search stored
    return $searcher.Search($Criteria)                # IUpdateSearcher::Search, an ISearchResult
}

function Get-Description([object]$Update) {           # an IUpdate
    return @{
        id         = [string]$Update.Identity.UpdateID          # IUpdateIdentity::get_UpdateID
        revision   = [int]$Update.Identity.RevisionNumber       # IUpdateIdentity::get_RevisionNumber
        title      = [string]$Update.Title                      # IUpdate::get_Title
        kb         = @($Update.KBArticleIDs | ForEach-Object { [string]$_ })           # IUpdate::get_KBArticleIDs
        categories = @($Update.Categories | ForEach-Object { [string]$_.CategoryID })  # ICategory::get_CategoryID
        severity   = [string]$Update.MsrcSeverity               # IUpdate::get_MsrcSeverity
        size       = [int64]$Update.MaxDownloadSize             # IUpdate::get_MaxDownloadSize
        browse     = [bool]$Update.BrowseOnly                   # IUpdate3::get_BrowseOnly
        asks       = [bool]$Update.InstallationBehavior.CanRequestUserInput            # IInstallationBehavior
    }
}

function Search-All([object]$Session) {
    $result = Find-Update $Session "IsInstalled=0 and IsHidden=0 and Type='Software'" $true
    return @{
        result_code = [int]$result.ResultCode                   # ISearchResult::get_ResultCode
        hresult     = 0
        updates     = @($result.Updates | ForEach-Object { Get-Description $_ })       # ISearchResult::get_Updates
    }
}

function Get-Collection([object]$Session) {
    $found = Find-Update $Session "UpdateID='$Id' and RevisionNumber=$Revision" $false
    if ($found.Updates.Count -eq 0) { throw 'the update is offered no longer' }
    $update = $found.Updates.Item(0)                            # IUpdateCollection::get_Item
    if (-not $update.EulaAccepted) { $update.AcceptEula() }     # IUpdate::AcceptEula
    $collection = New-Object -ComObject Microsoft.Update.UpdateColl
    [void]$collection.Add($update)                              # IUpdateCollection::Add
    return , $collection                                        # the comma: PowerShell would unroll it
}

function Start-Download([object]$Session) {
    $downloader = $Session.CreateUpdateDownloader()             # IUpdateSession::CreateUpdateDownloader
    $downloader.Updates = Get-Collection $Session               # IUpdateDownloader::put_Updates
    $each = $downloader.Download().GetUpdateResult(0)           # IUpdateDownloader::Download, IDownloadResult
    return @{ result_code = [int]$each.ResultCode; hresult = [int]$each.HResult }      # IUpdateDownloadResult
}

function Start-Installation([object]$Session) {
    $installer = $Session.CreateUpdateInstaller()               # IUpdateSession::CreateUpdateInstaller
    if ($installer.IsBusy) { return @{ is_busy = $true } }      # IUpdateInstaller::get_IsBusy
    if ($installer.RebootRequiredBeforeInstallation) {          # IUpdateInstaller::get_RebootRequiredBeforeInstallation
        return @{ restart_first = $true }
    }
    $installer.AllowSourcePrompts = $false                      # IUpdateInstaller::put_AllowSourcePrompts
    $installer.ForceQuiet = $true                               # IUpdateInstaller2::put_ForceQuiet
    $installer.Updates = Get-Collection $Session                # IUpdateInstaller::put_Updates
    $each = $installer.Install().GetUpdateResult(0)             # IUpdateInstaller::Install, IInstallationResult
    return @{                                                   # IUpdateInstallationResult
        result_code   = [int]$each.ResultCode
        hresult       = [int]$each.HResult
        needs_restart = [bool]$each.RebootRequired
    }
}

try {
    $session = New-Object -ComObject Microsoft.Update.Session
    $session.ClientApplicationID = 'PVZ scheduler'              # IUpdateSession::put_ClientApplicationID
    switch ($Stage) {
        'search' { Write-Answer (Search-All $session) }
        'download' { Write-Answer (Start-Download $session) }
        'install' { Write-Answer (Start-Installation $session) }
    }
} catch {
    $base = $_.Exception.GetBaseException()
    Write-Answer @{ hresult = [int]$base.HResult; message = [string]$base.Message }
}
