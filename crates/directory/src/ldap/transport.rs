//! A connection to a host, encrypted as it is configured, before anything is asked over it.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    ber::{self, ENUMERATED, EXTENDED_RESPONSE, Elements, Fault, OCTET_STRING},
    relay::{self, Ended},
    settings::{Encryption, Host, Server},
    tls,
};

/// TCP, or TLS over it.
pub(super) type Transport = Box<dyn Duplex>;

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The request for TLS (RFC 4511, section 4.14.1), as message 1.
const STARTTLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// The longest answer to it, in bytes. It comes from whoever is on the way.
const MAX_ANSWER: usize = 16 << 10;

/// Encrypts a connection, unless clear text is configured.
pub(super) async fn secure(
    server: &Server,
    host: &Host,
    mut stream: TcpStream,
) -> Result<Transport, Box<str>> {
    match server.encryption {
        Encryption::None => return Ok(Box::new(stream)),
        Encryption::Ldaps => {}
        Encryption::StartTls => starttls(&mut stream).await?,
    }
    if !server.verify_certificates {
        tracing::warn!(
            host = %host,
            "certificates aren't verified (`verify_certificates = false`): whoever is on the way can read and change \
             what this directory says, passwords included"
        );
    }
    Ok(Box::new(tls::handshake(server, host, stream).await?))
}

/// Asks for TLS, in clear text. Exactly one message is read: what stands behind it was never said by the server that
/// proves who it is.
async fn starttls(stream: &mut TcpStream) -> Result<(), Box<str>> {
    let broke = |error: io::Error| format!("the connection broke: {error}");
    stream.write_all(STARTTLS).await.map_err(broke)?;
    let mut message = Vec::new();
    let admits = |length| match length {
        0..=MAX_ANSWER => Ok(()),
        _ => Err(Fault::TooLong { length, limit: MAX_ANSWER }),
    };
    match relay::read(stream, &mut message, admits).await {
        Ok(true) => {}
        Ok(false) => return Err("the connection broke before its answer to StartTLS".into()),
        Err(Ended::Broke(why)) => return Err(why),
        Err(Ended::Fault(fault)) => return Err(unreadable(&fault)),
    }
    ber::check(&message).map_err(|fault| unreadable(&fault))?;
    match result(&message) {
        None => Err(unreadable(&Fault::NotLdap)),
        Some((0, _)) => Ok(()),
        Some((code, text)) => Err(format!("it refuses StartTLS: {text} ({code})").into()),
    }
}

fn unreadable(fault: &Fault) -> Box<str> {
    format!("its answer to StartTLS can't be used: {fault}").into()
}

/// The code and the text of the answer to message 1.
fn result(message: &[u8]) -> Option<(u32, String)> {
    let (_, content) = Elements(message).next()?.ok()?;
    let mut parts = Elements(content);
    let (_, number) = parts.next()?.ok()?;
    let (tag, answer) = parts.next()?.ok()?;
    if number != [1] || tag != EXTENDED_RESPONSE {
        return None;
    }
    let mut parts = Elements(answer);
    let (tag, code) = parts.next()?.ok()?;
    let (matched, _) = parts.next()?.ok()?;
    let (text_tag, text) = parts.next()?.ok()?;
    if (tag, matched, text_tag) != (ENUMERATED, OCTET_STRING, OCTET_STRING) || !(1..=2).contains(&code.len())
    {
        return None;
    }
    let code = code.iter().fold(0, |code, byte| (code << 8) | u32::from(*byte));
    let text = String::from_utf8_lossy(text).chars().flat_map(char::escape_debug).take(256).collect();
    Some((code, text))
}
