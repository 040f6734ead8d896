//! An HTTP listener that strangers may reach: how many connections it has at once, how long each may take, how it ends.
//! Where there is no room for one more, the one that has waited longest without saying all that it
//! wants gives way: however many connect and say nothing, whoever speaks is heard.

use super::vitals::{Connections, Vitals};
use axum::Router;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

/// Connections at once; together they are well below the thousand files that a process may have
/// open as a rule.
const FOR_SLACK: u32 = 512;
const FOR_PAGES: u32 = 256;
/// For the head of a request to arrive.
const HEAD: Duration = Duration::from_secs(2);
/// Slack's heads, and whatever proxies add to them, are far shorter.
const HEAD_SIZE: usize = 16 * 1024;
/// For one request, from the connection to the last byte of the answer.
const WHOLE: Duration = Duration::from_secs(10);
/// After an accept that failed, mostly because there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// That it failed is told once in this time.
const TELL: Duration = Duration::from_secs(1);

/// The places of one listener.
pub struct Room {
    connections: u32,
    places: Arc<Semaphore>,
    shared: Arc<Shared>,
}

struct Shared {
    /// Whose request is not here in full yet, by their order of arrival: they can be told to give
    /// way.
    coming: Mutex<BTreeMap<u64, oneshot::Sender<()>>>,
    /// How many these are, and how many are being answered.
    figures: [Gauge; 2],
    vitals: Vitals,
}

/// One connection, while it is open. Whoever has read all of its request says so.
pub struct Hearing {
    number: u64,
    shared: Arc<Shared>,
    whole: AtomicBool,
}

impl Room {
    pub fn for_slack(vitals: &Vitals) -> Room {
        Room::new("slack", FOR_SLACK, vitals)
    }

    pub fn for_pages(vitals: &Vitals) -> Room {
        Room::new("pages", FOR_PAGES, vitals)
    }

    fn new(address: &'static str, connections: u32, vitals: &Vitals) -> Room {
        let figure = |state| vitals.connections.get_or_create(&Connections { address, state }).clone();
        let figures = ["coming", "answered"].map(figure);
        let shared = Arc::new(Shared { coming: Mutex::default(), figures, vitals: vitals.clone() });
        Room { connections, places: Arc::new(Semaphore::new(connections as usize)), shared }
    }

    /// For whoever has just come. None never: nobody closes the places.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some(place);
        }
        self.makes_room();
        self.places.clone().acquire_owned().await.ok()
    }

    fn makes_room(&self) {
        let longest = self.shared.with(|coming| coming.pop_first());
        if let Some((_, give_way)) = longest {
            // It may have ended by itself at this moment.
            let _ = give_way.send(());
        }
    }

    fn hearing(&self, number: u64) -> (Arc<Hearing>, oneshot::Receiver<()>) {
        let (give_way, told) = oneshot::channel();
        self.shared.with(|coming| coming.insert(number, give_way));
        self.shared.figures[0].inc();
        (Arc::new(Hearing { number, shared: self.shared.clone(), whole: AtomicBool::new(false) }), told)
    }
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<u64, oneshot::Sender<()>>) -> T) -> T {
        act(&mut self.coming.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Hearing {
    /// The request is here in full: from now on it is our own time that it takes, and it gives way
    /// to nobody.
    pub fn is_whole(&self) {
        if !self.whole.swap(true, Ordering::Relaxed) {
            self.shared.with(|coming| coming.remove(&self.number));
            self.shared.figures[0].dec();
            self.shared.figures[1].inc();
        }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.shared.with(|coming| coming.remove(&self.number));
        self.shared.figures[usize::from(self.whole.load(Ordering::Relaxed))].dec();
    }
}

/// Serves until `stop` turns true, then finishes what was begun. One request for each connection: then no balancer can
/// send one into a connection that we are just closing.
pub async fn serve(listener: TcpListener, router: Router, room: Room, mut stop: watch::Receiver<bool>) {
    let (mut number, mut told) = (0, None);
    while let Some((stream, place)) = tokio::select! {
        came = accept(&listener, &room, &mut told) => came,
        // A sender that is gone is a stop as well.
        _ = stop.wait_for(|stop| *stop) => None,
    } {
        number += 1;
        let (hearing, give_way) = room.hearing(number);
        tokio::spawn(answer(stream, router.clone(), hearing, give_way, place));
    }
    drop(listener);
    // Each of them ends in its own time.
    if timeout(WHOLE, room.places.acquire_many(room.connections)).await.is_err() {
        tracing::warn!(event = "requests_cut_off", "requests were not answered in time; Slack will send them again");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Room,
    told: &mut Option<Instant>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, room.place().await?)),
            Err(error) => {
                if told.is_none_or(|told| told.elapsed() >= TELL) {
                    *told = Some(Instant::now());
                    tracing::warn!(event = "not_accepted", %error, "a connection could not be accepted");
                }
                room.makes_room();
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(
    stream: TcpStream,
    router: Router,
    hearing: Arc<Hearing>,
    give_way: oneshot::Receiver<()>,
    _place: OwnedSemaphorePermit,
) {
    let vitals = hearing.shared.vitals.clone();
    let routed = TowerToHyperService::new(router);
    let heard = service_fn(move |mut request: Request<Incoming>| {
        if request.body().is_end_stream() {
            hearing.is_whole();
        }
        request.extensions_mut().insert(hearing.clone());
        routed.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_SIZE).keep_alive(false);
    let served = timeout(WHOLE, http.serve_connection(TokioIo::new(stream), heard));
    let why = tokio::select! {
        served = served => match served {
            Ok(Err(error)) if error.is_timeout() => "late",
            Ok(Err(error)) if error.is_parse() => "malformed",
            // Whatever else went wrong is the other side's; what it asked for is told where it is
            // handled.
            Ok(_) => return,
            Err(_) => "late",
        },
        Ok(()) = give_way => "crowded",
    };
    vitals.turns_away(why);
}
