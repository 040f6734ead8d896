//! The way out: whose certificates are trusted, which proxy is gone through, and why a way does not
//! lead to Slack. Web API and Socket Mode go the same way, because one client makes the connections
//! of both: it keeps HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as curl does.

use std::error::Error;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Context;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::rules::message::TIMEOUT;

const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(15);

/// Once for all clients of the process: a machine's roots are a file of hundreds.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    // Two TLS providers are among the dependencies, so one must be chosen; that it was chosen
    // before is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ClientConfig::builder().with_root_certificates(roots()).with_no_client_auth()
});

/// `here`: Slack is a program of this machine, which is nothing that a proxy need be told.
pub(super) fn client(here: bool) -> anyhow::Result<reqwest::Client> {
    if !here {
        proxies_can_be_read()?;
    }
    let builder = reqwest::Client::builder();
    let builder = if here { builder.no_proxy() } else { builder };
    builder
        .tls_backend_preconfigured(TLS.clone())
        .connect_timeout(CONNECT)
        .timeout(Duration::from_millis(TIMEOUT.unsigned_abs()))
        // Writing into a connection that the other side has just closed for idleness would leave a
        // post in doubt.
        .pool_idle_timeout(IDLE)
        // The token would go along to wherever an answer points.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("unstuck/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("the HTTP client cannot be made")
}

/// What the library cannot read it leaves out without a word, and goes past the proxy.
fn proxies_can_be_read() -> anyhow::Result<()> {
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let Ok(set) = std::env::var(name) else { continue };
        anyhow::ensure!(
            is_a_proxy(&set),
            "{name} is no address of a proxy: write it as in http://proxy.example:3128, without blanks around it"
        );
    }
    Ok(())
}

/// Set to nothing it is not set; without a scheme it is one over HTTP.
fn is_a_proxy(set: &str) -> bool {
    let whole = if set.contains("://") { set.to_owned() } else { format!("http://{set}") };
    let known = |url: Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host();
    set.is_empty() || set.trim() == set && Url::parse(&whole).is_ok_and(known)
}

/// Those that the program brings, and this machine's or those of SSL_CERT_FILE and SSL_CERT_DIR: a
/// company's proxy may have its own, and a small container none.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    for error in found.errors {
        tracing::warn!(event = "roots_unreadable", %error, "certificates to trust could not be read");
    }
    roots
}

/// Why there was no connection. The address is left out: Slack's for a socket holds a ticket.
pub(super) fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let outermost: &(dyn Error + 'static) = &error;
    let causes = std::iter::successors(Some(outermost), |cause| (*cause).source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    let innermost = causes.last().map(String::as_str).unwrap_or_default();
    match causes.iter().find_map(|cause| cause.strip_prefix("tunnel error: ")) {
        Some("proxy authorization required") => {
            "the proxy wants a name and a password (407), as in HTTPS_PROXY=http://name:password@proxy:3128".to_owned()
        }
        Some("unsuccessful") => "the proxy refuses to connect (403, or another answer than 200)".to_owned(),
        Some("failed to create underlying connection") => format!("the proxy cannot be reached: {innermost}"),
        Some(other) => format!("the proxy broke off: {other}"),
        None if innermost.contains("UnknownIssuer") => format!(
            "{innermost}: nobody whom this machine trusts made that certificate; SSL_CERT_FILE can name whom to trust"
        ),
        None => innermost.to_owned(),
    }
}
