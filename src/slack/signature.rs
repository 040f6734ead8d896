//! Slack's signature of what it posts to us, version v0: checked over the raw body, before anything of it is read.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far Slack's time may be from ours, in either direction.
const WINDOW: i64 = 5 * 60 * 1000;
const VERSION: &str = "v0";

/// The app's signing secret: it verifies, and is never shown.
#[derive(Clone)]
pub struct SigningSecret(String);

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// The two headers of a request, where they are well formed and of these minutes. The body is not read for less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    timestamp: String,
    signature: [u8; 32],
}

/// Why a request is not taken for Slack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unsigned {
    #[error("a header of the signature is missing or not well formed")]
    Headers,
    #[error("its time is more than five minutes from ours")]
    Time,
    #[error("its signature is not by our secret")]
    Signature,
}

impl Signed {
    /// `now`: UTC milliseconds. Slack's time is in whole seconds.
    pub fn read(timestamp: Option<&str>, signature: Option<&str>, now: i64) -> Result<Signed, Unsigned> {
        let (Some(timestamp), Some(signature)) = (timestamp, signature) else { return Err(Unsigned::Headers) };
        if timestamp.is_empty() || timestamp.len() > 12 || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Unsigned::Headers);
        }
        let seconds: i64 = timestamp.parse().map_err(|_| Unsigned::Headers)?;
        let code = signature.strip_prefix("v0=").and_then(bytes).ok_or(Unsigned::Headers)?;
        if (now - seconds * 1000).abs() > WINDOW {
            return Err(Unsigned::Time);
        }
        Ok(Signed { timestamp: timestamp.to_owned(), signature: code })
    }
}

impl SigningSecret {
    /// None where there is none: an empty key would sign for everybody.
    pub fn new(secret: &str) -> Option<SigningSecret> {
        let secret = secret.trim();
        (!secret.is_empty()).then(|| SigningSecret(secret.to_owned()))
    }

    /// Whether it has the form of Slack's secrets.
    pub fn looks_right(&self) -> bool {
        self.0.len() == 32 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Compares in constant time, so that the time taken tells nothing of the right signature.
    pub fn verify(&self, signed: &Signed, body: &[u8]) -> Result<(), Unsigned> {
        // A key of any length is as good for HMAC; an error cannot be, and would only refuse.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).map_err(|_| Unsigned::Signature)?;
        for part in [VERSION.as_bytes(), b":", signed.timestamp.as_bytes(), b":", body] {
            mac.update(part);
        }
        mac.verify_slice(&signed.signature).map_err(|_| Unsigned::Signature)
    }
}

/// 64 digits of base sixteen.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let digits = digits.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut read = [0; 32];
    for (byte, pair) in read.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Slack's own example: docs.slack.dev, "Verifying requests from Slack".
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const AT: &str = "1531420618";
    const CODE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const NOW: i64 = 1_531_420_618_000;

    fn judged(timestamp: Option<&str>, signature: Option<&str>, body: &[u8], now: i64) -> Result<(), Unsigned> {
        let secret = SigningSecret::new(SECRET).expect("a secret");
        secret.verify(&Signed::read(timestamp, signature, now)?, body)
    }

    #[test]
    fn slacks_own_example_is_slacks() {
        assert_eq!(judged(Some(AT), Some(CODE), BODY.as_bytes(), NOW), Ok(()));
        assert_eq!(judged(Some(AT), Some(&CODE.to_uppercase().replace("V0", "v0")), BODY.as_bytes(), NOW), Ok(()));
    }

    #[test]
    fn row_23_everything_else_is_refused() {
        let other = CODE.replace("v0=a", "v0=b");
        let late = NOW + WINDOW;
        let table = [
            (None, Some(CODE), BODY, NOW, Unsigned::Headers),
            (Some(AT), None, BODY, NOW, Unsigned::Headers),
            (Some(""), Some(CODE), BODY, NOW, Unsigned::Headers),
            (Some("1531420618.0"), Some(CODE), BODY, NOW, Unsigned::Headers),
            (Some("-1531420618"), Some(CODE), BODY, NOW, Unsigned::Headers),
            (Some("+1531420618"), Some(CODE), BODY, NOW, Unsigned::Headers),
            (Some("99999999999999999999"), Some(CODE), BODY, NOW, Unsigned::Headers),
            (Some(AT), Some(""), BODY, NOW, Unsigned::Headers),
            (Some(AT), Some(&CODE[3..]), BODY, NOW, Unsigned::Headers),
            (Some(AT), Some(&CODE[..66]), BODY, NOW, Unsigned::Headers),
            (Some(AT), Some("v0=zz"), BODY, NOW, Unsigned::Headers),
            (
                Some(AT),
                Some("v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
                BODY,
                NOW,
                Unsigned::Headers,
            ),
            (
                Some(AT),
                Some("v0=ää114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b5"),
                BODY,
                NOW,
                Unsigned::Headers,
            ),
            (Some(AT), Some(CODE), BODY, late + 1, Unsigned::Time),
            (Some(AT), Some(CODE), BODY, NOW - WINDOW - 1, Unsigned::Time),
            (Some("0"), Some(CODE), BODY, NOW, Unsigned::Time),
            (Some("999999999999"), Some(CODE), BODY, NOW, Unsigned::Time),
            (Some(AT), Some(&other), BODY, NOW, Unsigned::Signature),
            (Some("1531420619"), Some(CODE), BODY, NOW, Unsigned::Signature),
            (Some(AT), Some(CODE), &BODY[1..], NOW, Unsigned::Signature),
            (Some(AT), Some(CODE), "", NOW, Unsigned::Signature),
        ];
        for (timestamp, signature, body, now, why) in table {
            assert_eq!(judged(timestamp, signature, body.as_bytes(), now), Err(why), "{timestamp:?} {signature:?}");
        }
        assert_eq!(judged(Some(AT), Some(CODE), BODY.as_bytes(), late), Ok(()));
    }

    #[test]
    fn no_secret_is_no_secret_and_none_is_shown() {
        assert!(SigningSecret::new("").is_none() && SigningSecret::new(" \n").is_none());
        assert_eq!(format!("{:?}", SigningSecret::new(SECRET)), "Some(SigningSecret)");
    }
}
