//! HTTP for media and for the client's version: the library's own client.
//!
//! The library writes `https://` before every media host. In an emulator build the host on this machine is asked in
//! the clear; a shipped build has no such way.

use whatsapp_rust::anyhow;
use whatsapp_rust::async_trait;
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse, UreqHttpClient};
use whatsapp_rust::wacore::net::{StreamingHttpResponse, UploadBody};

#[derive(Clone)]
pub struct Web(UreqHttpClient);

impl Web {
    pub fn new() -> Self {
        Self(UreqHttpClient::new())
    }
}

#[async_trait]
impl HttpClient for Web {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        self.0.execute(addressed(request)).await
    }

    fn supports_streaming(&self) -> bool {
        self.0.supports_streaming()
    }

    fn execute_streaming(&self, request: HttpRequest) -> anyhow::Result<StreamingHttpResponse> {
        self.0.execute_streaming(addressed(request))
    }

    fn supports_upload_streaming(&self) -> bool {
        self.0.supports_upload_streaming()
    }

    fn execute_upload(
        &self,
        request: HttpRequest,
        body: UploadBody,
        content_length: u64,
    ) -> anyhow::Result<HttpResponse> {
        self.0.execute_upload(addressed(request), body, content_length)
    }
}

#[cfg(feature = "emulator")]
fn addressed(mut request: HttpRequest) -> HttpRequest {
    if let Some(rest) = request.url.strip_prefix("https://127.0.0.1:") {
        request.url = format!("http://127.0.0.1:{rest}");
    }
    request
}

#[cfg(not(feature = "emulator"))]
fn addressed(request: HttpRequest) -> HttpRequest {
    request
}
