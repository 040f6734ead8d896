//! An HTTP listener that strangers may reach: how many connections it has at once, how long each may take, how it ends.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

/// Connections at once; whoever comes then waits in the machine's queue. Times the limit of a body, this is the most
/// memory that strangers can take.
const CONNECTIONS: u32 = 64;
/// For the head of a request to arrive: whoever says nothing holds a place for so long.
const HEAD: Duration = Duration::from_secs(2);
/// For one request, from the connection to the last byte of the answer.
const WHOLE: Duration = Duration::from_secs(10);
/// After an accept that failed, mostly because there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, then finishes what was begun. One request for each connection: then no balancer can
/// send one into a connection that we are just closing.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    while let Some((stream, place)) = tokio::select! {
        came = accept(&listener, &places) => came,
        // A sender that is gone is a stop as well.
        _ = stop.wait_for(|stop| *stop) => None,
    } {
        tokio::spawn(answer(stream, router.clone(), place));
    }
    drop(listener);
    // Each of them ends in its own time.
    if timeout(WHOLE, places.acquire_many(CONNECTIONS)).await.is_err() {
        tracing::warn!(event = "requests_cut_off", "requests were not answered in time; Slack will send them again");
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, place)),
            Err(error) => {
                tracing::warn!(event = "not_accepted", %error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, router: Router, _place: OwnedSemaphorePermit) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).keep_alive(false);
    let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Whatever goes wrong here is the other side's; what it asked for is told where it is handled.
    let _ = timeout(WHOLE, served).await;
}
