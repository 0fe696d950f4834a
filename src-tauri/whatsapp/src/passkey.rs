//! The passkey that WhatsApp asks some accounts for while linking. The passkey lies on the owner's phone; the system of
//! this computer asks for it, where it can, and Ulak hands on what the phone signed. That is WhatsApp's challenge and
//! nothing else (<https://www.w3.org/TR/webauthn-3/>).
//!
//! Windows 11 asks a phone by a code and Bluetooth. Linux has no such service yet, and macOS lets only the programs of
//! WhatsApp's own maker ask for WhatsApp's passkeys.

use std::sync::Arc;

use serde_json::Value;
use ulak_core::clock::{MINUTE, Millis};
use ulak_core::session::client::ClientError;
use whatsapp_rust::passkey::{PasskeyAuthenticator, PasskeyError};

/// Who asks for passkeys on this computer, if anybody.
pub type Passkeys = Option<Arc<dyn PasskeyAuthenticator>>;

/// As long as WebAuthn advises, where WhatsApp does not say how long it waits.
const PATIENCE: Millis = 5 * MINUTE;

/// How long WhatsApp waits, by its own options.
pub fn patience(options_json: &str) -> Millis {
    let options: Option<Value> = serde_json::from_str(options_json).ok();
    let told = options.and_then(|options| options.get("timeout")?.as_i64());
    told.filter(|wait| (1..=PATIENCE).contains(wait)).unwrap_or(PATIENCE)
}

pub fn failed(error: PasskeyError) -> ClientError {
    match error {
        PasskeyError::Cancelled => ClientError::PasskeyCancelled,
        PasskeyError::NoCredential => ClientError::PasskeyNotFound,
        error => ClientError::PasskeyFailed(error.to_string()),
    }
}

#[cfg(not(any(windows, feature = "emulator")))]
pub fn of_this_system() -> Passkeys {
    None
}

#[cfg(all(windows, not(feature = "emulator")))]
pub use windows::of_this_system;

/// The window of Windows itself.
#[cfg(all(windows, not(feature = "emulator")))]
mod windows {
    use std::sync::Arc;

    use passkey::client::windows::WindowsClient;
    use passkey::client::{DefaultClientData, WebauthnError};
    use passkey::crypto::rust_crypto::RustCryptoBackend;
    use passkey::types::ctap2::{Ctap2Error, StatusCode};
    use passkey::types::webauthn::CredentialRequestOptions;
    use url::Url;
    use whatsapp_rust::async_trait;
    use whatsapp_rust::passkey::{
        Assertion, AssertionRequest, PasskeyAuthenticator, PasskeyError, build_webauthn_assertion_json,
    };

    use super::Passkeys;

    const ORIGIN: &str = "https://web.whatsapp.com";
    /// Windows 11 22H2, the first whose window asks a phone.
    const ASKS_PHONES: u32 = 22_621;

    pub fn of_this_system() -> Passkeys {
        let asks = windows_version::OsVersion::current().build >= ASKS_PHONES;
        asks.then(|| Arc::new(SystemWindow) as Arc<dyn PasskeyAuthenticator>)
    }

    struct SystemWindow;

    #[async_trait]
    impl PasskeyAuthenticator for SystemWindow {
        async fn get_assertion(&self, request: &AssertionRequest) -> Result<Assertion, PasskeyError> {
            let invalid = |reason: String| PasskeyError::InvalidOptions(reason);
            let public_key =
                serde_json::from_str(&request.raw_options_json).map_err(|error| invalid(error.to_string()))?;
            let origin = Url::parse(ORIGIN).map_err(|error| invalid(error.to_string()))?;
            let runtime = tokio::runtime::Handle::current();
            // The window stands until the owner has answered.
            let asked = tokio::task::spawn_blocking(move || {
                let mut client = WindowsClient::<RustCryptoBackend, _, _>::new();
                let options = CredentialRequestOptions { public_key };
                runtime.block_on(client.authenticate(&origin, options, DefaultClientData))
            });
            let credential = match asked.await {
                Ok(answer) => answer.map_err(|error| named(&error))?,
                Err(error) => return Err(PasskeyError::Backend(error.to_string())),
            };
            let response = credential.response;
            Ok(Assertion {
                assertion_json: build_webauthn_assertion_json(
                    &credential.raw_id,
                    &response.client_data_json,
                    &response.authenticator_data,
                    &response.signature,
                    response.user_handle.as_deref().map(Vec::as_slice),
                ),
                credential_id: credential.raw_id.into(),
            })
        }
    }

    fn named(error: &WebauthnError) -> PasskeyError {
        // Windows says it of a window that was closed, of a refusal, and of one that stood too long.
        let denied = u8::from(StatusCode::from(Ctap2Error::OperationDenied));
        match error {
            WebauthnError::CredentialNotFound => PasskeyError::NoCredential,
            WebauthnError::AuthenticatorError(status) if *status == denied => PasskeyError::Cancelled,
            error => PasskeyError::Backend(format!("{error:?}")),
        }
    }
}

/// The passkey on the emulator's phone, asked for through the emulator's door.
#[cfg(feature = "emulator")]
pub mod emulator {
    use serde::Deserialize;
    use whatsapp_rust::async_trait;
    use whatsapp_rust::http::{HttpClient as _, HttpRequest};
    use whatsapp_rust::passkey::{Assertion, AssertionRequest, PasskeyAuthenticator, PasskeyError};

    use crate::http::Web;

    pub struct Door {
        pub web: Web,
        pub url: String,
    }

    #[derive(Deserialize)]
    struct Credential {
        #[serde(rename = "rawId")]
        raw_id: String,
    }

    #[async_trait]
    impl PasskeyAuthenticator for Door {
        async fn get_assertion(&self, request: &AssertionRequest) -> Result<Assertion, PasskeyError> {
            let failed = |error: &dyn std::fmt::Display| PasskeyError::Backend(error.to_string());
            let asked = HttpRequest::post(format!("{}/passkey/use", self.url))
                .with_header("content-type", "application/json")
                .with_body(request.raw_options_json.clone().into_bytes());
            let answer = self.web.execute(asked).await.map_err(|error| failed(&error))?;
            match answer.status_code {
                200 => {}
                403 => return Err(PasskeyError::Cancelled),
                404 => return Err(PasskeyError::NoCredential),
                status => return Err(failed(&status)),
            }
            let credential: Credential = serde_json::from_slice(&answer.body).map_err(|error| failed(&error))?;
            let id = data_encoding::BASE64URL_NOPAD.decode(credential.raw_id.as_bytes());
            Ok(Assertion { credential_id: id.map_err(|error| failed(&error))?, assertion_json: answer.body })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatsapp_says_how_long_it_waits() {
        for (options, wait) in [
            (r#"{"challenge":"AA","timeout":60000}"#, 60_000),
            (r#"{"challenge":"AA"}"#, PATIENCE),
            (r#"{"timeout":0}"#, PATIENCE),
            (r#"{"timeout":86400000}"#, PATIENCE),
            ("", PATIENCE),
        ] {
            assert_eq!(patience(options), wait, "{options}");
        }
    }
}
