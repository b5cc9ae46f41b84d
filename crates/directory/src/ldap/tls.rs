//! TLS: whom a server has to be.

use std::{io, path::Path, sync::Arc};

use feedgate_model::byte_order_mark;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::settings::{Host, Server};

/// Encrypts a connection, once the server has proved that it is the host.
pub(super) async fn handshake(
    server: &Server,
    host: &Host,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, String> {
    let config = config(server).await?;
    let name = ServerName::try_from(String::from(&*host.name))
        .map_err(|_| format!("`{}` can't be a name in a certificate: use the host's DNS name", host.name))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    stream.map_err(|error| in_words(host, &error))
}

/// What is trusted, read anew: an authority's certificate may be replaced while feedgate runs.
async fn config(server: &Server) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    if !server.verify_certificates {
        let anybody = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
        return Ok(anybody.with_no_client_auth());
    }
    let roots = match &server.ca_file {
        Some(path) => roots_of(path).await?,
        None => {
            tokio::task::spawn_blocking(roots_of_the_system).await.map_err(|error| error.to_string())??
        }
    };
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

async fn roots_of(path: &Path) -> Result<RootCertStore, String> {
    let wrong = |why: String| format!("`ca_file` `{}`: {why}", path.display());
    let pem = tokio::fs::read(path).await.map_err(|error| wrong(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(byte_order_mark::skip_in_bytes(&pem)) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("there is no certificate in it".into())) } else { Ok(roots) }
}

fn roots_of_the_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Some systems have one or another that can't be used.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this system has no certificates of authorities: give `ca_file`".into());
    }
    Ok(roots)
}

/// Why a connection couldn't be made safe.
fn in_words(host: &Host, error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(problem)) => certificate(host, problem),
        Some(problem) => format!("TLS failed: {problem}"),
        None => format!("TLS failed: {error}"),
    }
}

fn certificate(host: &Host, problem: &CertificateError) -> String {
    match problem {
        // The other is an authority of the same name with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate isn't trusted: name the certificate of its authority in `ca_file`".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("its certificate has expired ({problem})")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("its certificate isn't valid yet ({problem})")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate isn't for the host name `{}` ({problem})", host.name)
        }
        problem => format!("its certificate isn't valid: {problem}"),
    }
}

/// Takes any certificate: whoever is between here and the server reads every password. It is there for those who set
/// `verify_certificates = false`, and each connection warns of it.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
