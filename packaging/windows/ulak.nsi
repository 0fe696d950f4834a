; The Windows installer: for one user, without administrator rights. `cargo xtask bundle --windows` gives it
; VERSION, FILES (the folder of what is installed), ICON, LICENSE and OUT, and TARGET where the installer is not to be the
; usual one of 32 bits, which a Wine of 64 bits alone does not run.
!ifdef TARGET
  Target ${TARGET}
!endif
Unicode true
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "x64.nsh"

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Ulak"
!define DATA "$APPDATA\app.ulak.desktop"

Name "Ulak"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Ulak"
InstallDirRegKey HKCU "Software\Ulak" "InstallDir"
RequestExecutionLevel user
SetCompressor /SOLID lzma
ManifestDPIAware true
BrandingText "Ulak ${VERSION}"

VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 "ProductName" "Ulak"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "Ulak setup"
VIAddVersionKey /LANG=0 "LegalCopyright" "AGPL-3.0-only"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_LANGDLL_REGISTRY_ROOT HKCU
!define MUI_LANGDLL_REGISTRY_KEY "Software\Ulak"
!define MUI_LANGDLL_REGISTRY_VALUENAME "Language"
!define MUI_FINISHPAGE_RUN "$INSTDIR\ulak.exe"

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "Turkish"
!insertmacro MUI_LANGUAGE "Indonesian"
!insertmacro MUI_RESERVEFILE_LANGDLL

LangString RUNNING ${LANG_ENGLISH} "Ulak is open. Close it, also beside the clock, then press Retry. What waits to be sent goes on when Ulak is opened again."
LangString RUNNING ${LANG_TURKISH} "Ulak açık. Saatin yanındaki simgeden de kapatın, sonra Yeniden Dene’ye basın. Gönderilmeyi bekleyenler, Ulak yeniden açılınca sürer."
LangString RUNNING ${LANG_INDONESIAN} "Ulak sedang terbuka. Tutup Ulak, juga di dekat jam, lalu tekan Coba Lagi. Yang menunggu dikirim berlanjut saat Ulak dibuka lagi."
LangString WEBVIEW ${LANG_ENGLISH} "Ulak shows its window with Microsoft Edge WebView2, which is missing on this computer. Open Microsoft’s page to download it? Ulak is installed either way and opens once WebView2 is there."
LangString WEBVIEW ${LANG_TURKISH} "Ulak penceresini Microsoft Edge WebView2 ile gösterir; bu bilgisayarda o yok. İndirmek için Microsoft’un sayfası açılsın mı? Ulak her durumda kurulur, WebView2 gelince açılır."
LangString WEBVIEW ${LANG_INDONESIAN} "Ulak menampilkan jendelanya dengan Microsoft Edge WebView2, yang tidak ada di komputer ini. Buka halaman Microsoft untuk mengunduhnya? Ulak tetap dipasang dan terbuka setelah WebView2 ada."
LangString ONLY64 ${LANG_ENGLISH} "Ulak needs a 64-bit Windows: Windows 10 from version 1903 on, or Windows 11."
LangString ONLY64 ${LANG_TURKISH} "Ulak için 64 bit Windows gerekir: sürüm 1903’ten başlayarak Windows 10 ya da Windows 11."
LangString ONLY64 ${LANG_INDONESIAN} "Ulak membutuhkan Windows 64-bit: Windows 10 mulai versi 1903, atau Windows 11."
LangString KEEP ${LANG_ENGLISH} "Keep your data (contacts, messages, credits) for a later installation?$\r$\n$\r$\nYes keeps them. No erases them from this computer for good."
LangString KEEP ${LANG_TURKISH} "Verileriniz (kişiler, mesajlar, krediler) sonraki bir kurulum için kalsın mı?$\r$\n$\r$\nEvet derseniz kalırlar. Hayır derseniz bu bilgisayardan kalıcı olarak silinirler."
LangString KEEP ${LANG_INDONESIAN} "Simpan data Anda (kontak, pesan, kredit) untuk pemasangan nanti?$\r$\n$\r$\nYa menyimpannya. Tidak menghapusnya dari komputer ini untuk selamanya."
LangString BACKUP ${LANG_ENGLISH} "Ulak backup"
LangString BACKUP ${LANG_TURKISH} "Ulak yedeği"
LangString BACKUP ${LANG_INDONESIAN} "Cadangan Ulak"
LangString FILE ${LANG_ENGLISH} "Contact list or photo"
LangString FILE ${LANG_TURKISH} "Kişi listesi ya da fotoğraf"
LangString FILE ${LANG_INDONESIAN} "Daftar kontak atau foto"

; Lists and photos are offered to Ulak beside what opens them by itself, which is left as it is.
!macro EACH_KIND DO
  !insertmacro ${DO} "csv"
  !insertmacro ${DO} "tsv"
  !insertmacro ${DO} "xlsx"
  !insertmacro ${DO} "xlsm"
  !insertmacro ${DO} "xlsb"
  !insertmacro ${DO} "xls"
  !insertmacro ${DO} "ods"
  !insertmacro ${DO} "vcf"
  !insertmacro ${DO} "jpg"
  !insertmacro ${DO} "jpeg"
  !insertmacro ${DO} "png"
  !insertmacro ${DO} "webp"
  !insertmacro ${DO} "heic"
!macroend
!macro OFFER KIND
  WriteRegStr HKCU "Software\Classes\.${KIND}\OpenWithProgids" "Ulak.File" ""
!macroend
!macro WITHDRAW KIND
  DeleteRegValue HKCU "Software\Classes\.${KIND}\OpenWithProgids" "Ulak.File"
  DeleteRegKey /ifempty HKCU "Software\Classes\.${KIND}\OpenWithProgids"
  DeleteRegKey /ifempty HKCU "Software\Classes\.${KIND}"
!macroend

; Ulak's own updater starts this with /UPDATE, without asking anything (/S), and ends at that moment; with /R it is begun
; again. What stands behind /ARGS is how it was started; it is left aside, so that it comes back with its window.
Var Patience
Var BeginsAgain

!macro READ_UPDATE
  StrCpy $Patience 0
  StrCpy $BeginsAgain 0
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/UPDATE" $1
  ${IfNot} ${Errors}
    StrCpy $Patience 60
    ClearErrors
    ${GetOptions} $0 "/R" $1
    ${IfNot} ${Errors}
      StrCpy $BeginsAgain 1
    ${EndIf}
  ${EndIf}
  ClearErrors
!macroend

; A program that runs cannot be opened for writing, and that asks nothing of other processes.
!macro WAIT_UNTIL_CLOSED
  closed_check:
  ${If} ${FileExists} "$INSTDIR\ulak.exe"
    ClearErrors
    FileOpen $0 "$INSTDIR\ulak.exe" a
    ${If} ${Errors}
      ${If} $Patience > 0
        IntOp $Patience $Patience - 1
        Sleep 500
        Goto closed_check
      ${EndIf}
      ${If} ${Silent}
        SetErrorLevel 3
        Quit
      ${EndIf}
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" IDRETRY closed_check
      SetErrorLevel 3
      Quit
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend

Function .onInit
  !insertmacro READ_UPDATE
  !insertmacro MUI_LANGDLL_DISPLAY
  ; The one that brought what asks for passkeys, without which the program does not start.
  ReadRegStr $0 HKLM "SOFTWARE\Microsoft\Windows NT\CurrentVersion" "CurrentBuildNumber"
  ${IfNot} ${RunningX64}
  ${OrIf} $0 < 18362
    MessageBox MB_OK|MB_ICONSTOP "$(ONLY64)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Function .onInstSuccess
  ${If} $BeginsAgain = 1
    Exec '"$INSTDIR\ulak.exe"'
  ${EndIf}
FunctionEnd

Function un.onInit
  StrCpy $Patience 0
  !insertmacro MUI_UNGETLANGUAGE
FunctionEnd

Section
  !insertmacro WAIT_UNTIL_CLOSED
  SetOutPath "$INSTDIR"
  File /r "${FILES}\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Ulak.lnk" "$INSTDIR\ulak.exe"

  WriteRegStr HKCU "Software\Ulak" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "Software\Classes\.ulak-backup" "" "Ulak.Backup"
  WriteRegStr HKCU "Software\Classes\Ulak.Backup" "" "$(BACKUP)"
  WriteRegStr HKCU "Software\Classes\Ulak.Backup\DefaultIcon" "" "$INSTDIR\ulak.exe,0"
  WriteRegStr HKCU "Software\Classes\Ulak.Backup\shell\open\command" "" '"$INSTDIR\ulak.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\Ulak.File" "" "$(FILE)"
  WriteRegStr HKCU "Software\Classes\Ulak.File\DefaultIcon" "" "$INSTDIR\ulak.exe,0"
  WriteRegStr HKCU "Software\Classes\Ulak.File\shell\open\command" "" '"$INSTDIR\ulak.exe" "%1"'
  !insertmacro EACH_KIND OFFER

  ; Under this name Ulak tells what happened; Windows drops what comes under a name that it does not know.
  WriteRegStr HKCU "Software\Classes\AppUserModelId\app.ulak.desktop" "DisplayName" "Ulak"

  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "Ulak"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\ulak.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "Ulak"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0

  ; Microsoft's own place for the version of WebView2: https://learn.microsoft.com/microsoft-edge/webview2/concepts/distribution
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}" "pv"
  ReadRegStr $1 HKCU "Software\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}" "pv"
  ${If} "$0$1" == ""
  ${OrIf} "$0$1" == "0.0.0.0"
    MessageBox MB_YESNO|MB_ICONQUESTION "$(WEBVIEW)" /SD IDNO IDNO webview_done
    ExecShell "open" "https://go.microsoft.com/fwlink/p/?LinkId=2124703"
    webview_done:
  ${EndIf}
SectionEnd

Section "Uninstall"
  !insertmacro WAIT_UNTIL_CLOSED
  ; What asks nobody keeps them.
  ${If} ${FileExists} "${DATA}\*.*"
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON1 "$(KEEP)" /SD IDYES IDYES data_done
    RMDir /r "${DATA}"
    RMDir /r "$LOCALAPPDATA\app.ulak.desktop"
    data_done:
  ${EndIf}
  Delete "$SMPROGRAMS\Ulak.lnk"
  Delete "$INSTDIR\ulak.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Ulak"
  DeleteRegKey HKCU "Software\Classes\AppUserModelId\app.ulak.desktop"
  DeleteRegKey HKCU "Software\Classes\Ulak.Backup"
  !insertmacro EACH_KIND WITHDRAW
  DeleteRegKey HKCU "Software\Classes\Ulak.File"
  ReadRegStr $0 HKCU "Software\Classes\.ulak-backup" ""
  ${If} $0 == "Ulak.Backup"
    DeleteRegKey HKCU "Software\Classes\.ulak-backup"
  ${EndIf}
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "Software\Ulak"
SectionEnd
