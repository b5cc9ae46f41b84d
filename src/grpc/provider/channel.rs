//! The connection to a provider.

use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Uri};

use super::settings::{Address, ProviderSettings, SettingsError};

/// What finds a provider gone that nobody has told of.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Not connected yet: it will be when it is needed.
pub(super) fn to(settings: &ProviderSettings) -> Result<Channel, SettingsError> {
    match settings.address()? {
        Address::Unix(path) => {
            let connector = tower::service_fn(move |_: Uri| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(TokioIo::new) }
            });
            // Nothing is looked up: the connector knows where it is.
            let endpoint = endpoint(Uri::from_static("http://localhost"), settings);
            Ok(endpoint.connect_with_connector_lazy(connector))
        }
        Address::ClearText(uri) => Ok(endpoint(uri, settings).connect_lazy()),
        Address::Tls(uri) => {
            let failed = |source| SettingsError::Tls { address: settings.address.clone(), source };
            let endpoint = endpoint(uri, settings).tls_config(tls(settings)?).map_err(failed)?;
            Ok(endpoint.connect_lazy())
        }
    }
}

fn endpoint(uri: Uri, settings: &ProviderSettings) -> Endpoint {
    Endpoint::from(uri)
        .connect_timeout(settings.timeout())
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(settings.timeout())
}

fn tls(settings: &ProviderSettings) -> Result<ClientTlsConfig, SettingsError> {
    let mut tls = match &settings.ca_file {
        Some(path) => {
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ProviderSettings::read(path)?))
        }
        None => ClientTlsConfig::new().with_native_roots(),
    };
    if let (Some(cert), Some(key)) = (&settings.cert_file, &settings.key_file) {
        let identity = Identity::from_pem(ProviderSettings::read(cert)?, ProviderSettings::read(key)?);
        tls = tls.identity(identity);
    }
    Ok(tls)
}
