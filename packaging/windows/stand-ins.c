/* What the Wine of Debian 12 lacks of a Windows 10: built as bcryptprimitives.dll and as webauthn.dll, for
   try-installer.sh alone. */
#include <windows.h>

#ifdef BCRYPTPRIMITIVES
BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
    return SystemFunction036(bytes, (ULONG)length);
}
#else
#define ABSENT(name) __declspec(dllexport) HRESULT WINAPI name(void) { return E_NOTIMPL; }
ABSENT(WebAuthNAuthenticatorGetAssertion)
ABSENT(WebAuthNCancelCurrentOperation)
ABSENT(WebAuthNFreeAssertion)
ABSENT(WebAuthNGetCancellationId)
__declspec(dllexport) DWORD WINAPI WebAuthNGetApiVersionNumber(void) { return 0; }
__declspec(dllexport) PCWSTR WINAPI WebAuthNGetErrorName(HRESULT code) { return L"not here"; }
#endif
