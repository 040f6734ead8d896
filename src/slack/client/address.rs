//! Where Slack is. Tokens go there, and tickets for sockets: nobody on the way may read them.

use anyhow::{Context, bail};
use url::{Host, Url};

#[derive(Clone, Debug)]
pub struct Address {
    /// Without a slash at its end.
    base: String,
    in_the_clear: bool,
}

impl Address {
    /// Over TLS, or on this machine; elsewhere in the clear only where that was asked for.
    pub fn new(text: &str, in_the_clear: bool) -> anyhow::Result<Address> {
        let base = text.trim().trim_end_matches('/').to_owned();
        let url = Url::parse(&base).context("SLACK_API_URL is not an address")?;
        if !matches!(url.scheme(), "https" | "http") {
            bail!("SLACK_API_URL must begin with https://");
        }
        let address = Address { base, in_the_clear };
        if !address.lets(&url) {
            bail!(
                "SLACK_API_URL begins with http://, so the tokens would go in the clear to {}: let it begin with https://, or allow that with --insecure-slack-url",
                url.host_str().unwrap_or_default()
            );
        }
        Ok(address)
    }

    pub(super) fn of_method(&self, method: &str) -> Result<Url, url::ParseError> {
        format!("{}/{method}", self.base).parse()
    }

    /// A program of this machine, spoken to in the clear: a local Slack to run against.
    pub(super) fn is_here(&self) -> bool {
        Url::parse(&self.base).is_ok_and(|url| url.scheme() == "http" && is_this_machine(&url))
    }

    /// Whether a secret may be sent there.
    pub(super) fn lets(&self, url: &Url) -> bool {
        url.scheme() == "https" || self.in_the_clear || is_this_machine(url)
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_secret_goes_over_tls_or_stays_on_this_machine() {
        for safe in [
            "https://slack.com/api/",
            "http://127.0.0.1:1/api",
            "http://127.8.9.10",
            "http://LocalHost:8900/api",
            "http://[::1]:1/api",
            "http://[::ffff:127.0.0.1]/api",
            // The address of this machine in another notation.
            "http://2130706433/api",
        ] {
            assert!(Address::new(safe, false).is_ok(), "{safe}");
        }
        for open in [
            "http://slack.com/api",
            "http://127.0.0.1.example.com/api",
            "http://localhost.example.com/api",
            "http://127.0.0.1@example.com/api",
            "http://10.0.0.1/api",
            "http://[::2]/api",
            "http://0.0.0.0/api",
        ] {
            let refused = Address::new(open, false).expect_err(open).to_string();
            assert!(refused.contains("--insecure-slack-url"), "{refused}");
            assert!(Address::new(open, true).is_ok(), "{open}");
        }
        for none in ["", "slack.com/api", "ftp://slack.com/api", "ws://127.0.0.1/api"] {
            assert!(Address::new(none, true).is_err(), "{none}");
        }
    }
}
