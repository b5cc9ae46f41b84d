//! The token that a call goes with.

use std::{env, fs, path::Path};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tonic::metadata::{Ascii, MetadataValue};

use super::{failure::Failure, file};

/// `authorization: Bearer TOKEN`, marked as sensitive: neither tonic nor a trace shows it.
pub type Bearer = MetadataValue<Ascii>;

/// The token of the file, else the one of the environment, else none: some calls need none.
pub fn find(token_file: Option<&Path>) -> Result<Option<Bearer>, Failure> {
    let token = match token_file {
        Some(file) => {
            let bytes = fs::read(file)
                .with_context(|| format!("can't read the token file `{}`", file.display()))
                .map_err(Failure::Usage)?;
            Some(SecretString::from(file::text(bytes, &format!("the token file `{}`", file.display()))?))
        }
        None => env::var("FEEDGATE_TOKEN").ok().filter(|token| !token.is_empty()).map(SecretString::from),
    };
    token.map(|token| bearer(&token)).transpose()
}

/// A token as a call carries it.
pub(super) fn bearer(token: &SecretString) -> Result<Bearer, Failure> {
    let token = token.expose_secret().trim();
    if token.is_empty() {
        return Err(Failure::usage("the token is empty"));
    }
    // The cause would quote nothing, but needn't be there to be sure of it.
    let mut bearer: Bearer = format!("Bearer {token}")
        .parse()
        .map_err(|_| Failure::usage("the token has characters that no token has: is this the right file?"))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_trimmed_and_never_shown() {
        let value = bearer(&SecretString::from("fg_abc\n")).unwrap();
        assert_eq!(value.to_str().unwrap(), "Bearer fg_abc");
        assert!(!format!("{value:?}").contains("fg_abc"));
    }

    #[test]
    fn a_token_file_may_begin_with_a_byte_order_mark() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |bytes: &[u8]| {
            fs::write(file.path(), bytes).unwrap();
            find(Some(file.path())).map(|token| token.unwrap().to_str().unwrap().to_owned())
        };
        assert_eq!(read(b"\xef\xbb\xbffg_abc\r\n").unwrap(), "Bearer fg_abc");
        assert!(read(b"\xff\xfef\0g\0").unwrap_err().to_string().contains("is UTF-16; UTF-8 is expected"));
        assert!(read(b"\xe4").unwrap_err().to_string().contains("is not UTF-8"));
    }

    #[test]
    fn what_is_no_token() {
        for (text, message) in [
            ("", "error: the token is empty"),
            (" \n", "error: the token is empty"),
            ("a\nb", "error: the token has characters that no token has: is this the right file?"),
        ] {
            let failure = bearer(&SecretString::from(text)).unwrap_err();
            assert_eq!(failure.to_string(), message);
        }
    }
}
