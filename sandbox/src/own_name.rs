//! A page of the world can let a name of its own point at this machine and then speak to us as if
//! it were one of ours. The browser tells that name, so whoever asks for us by a name that is not
//! ours is turned away.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::world::Inner;

/// The page and what acts for it: asked for by our own name and port.
pub(crate) async fn page(Shared(inner): Shared<Arc<Inner>>, request: Request, next: Next) -> Response {
    let here = inner.address;
    let is_ours = |asked: &Authority| is_our_name(asked, here) && asked.port_u16().unwrap_or(80) == here.port();
    pass(is_ours, here, request, next).await
}

/// What apps call: they may come through something that has another port, or other names.
pub(crate) async fn api(Shared(inner): Shared<Arc<Inner>>, request: Request, next: Next) -> Response {
    let here = inner.address;
    // Where the world may come in, by itself or by whoever stands in front, it calls us by whatever
    // name it knows.
    let open = !here.ip().is_loopback() || inner.fronted;
    pass(|asked| open || is_our_name(asked, here), here, request, next).await
}

async fn pass(is_ours: impl Fn(&Authority) -> bool, here: SocketAddr, request: Request, next: Next) -> Response {
    // A whole address in the first line counts for more than the header; both must be ours.
    let whole = request.uri().authority();
    let ours = asked_for(&request).is_some_and(|asked| is_ours(&asked)) && whole.is_none_or(&is_ours);
    if ours && !is_of_another_page(&request, is_ours) {
        return next.run(request).await;
    }
    let why = format!("ask for http://{here}/: this address answers to no other name\n");
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}

/// A browser says which page sends a request; apps are none, and say nothing.
fn is_of_another_page(request: &Request, is_ours: impl Fn(&Authority) -> bool) -> bool {
    let said = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let own = |origin: &str| {
        let authority = origin.split_once("://").and_then(|(_, host)| host.parse::<Authority>().ok());
        authority.is_some_and(|page| is_ours(&page))
    };
    said("origin").is_some_and(|origin| !own(origin)) || said("sec-fetch-site") == Some("cross-site")
}

/// The one Host of a request.
fn asked_for(request: &Request) -> Option<Authority> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let asked: Authority = host.to_str().ok()?.parse().ok()?;
    (!asked.as_str().contains('@')).then_some(asked)
}

/// A number cannot be made to point elsewhere, and `localhost` is always this machine.
fn is_our_name(asked: &Authority, here: SocketAddr) -> bool {
    let name = asked.host();
    let number = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let (here, everywhere) = (here.ip(), here.ip().is_unspecified());
    match number {
        Ok(number) => number == here || everywhere || here.is_loopback() && number.is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost") && (here.is_loopback() || everywhere),
    }
}
