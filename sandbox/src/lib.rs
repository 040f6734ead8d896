//! A Slack to run against: Web API, Socket Mode, interactivity and a page to click in, all in memory.
//!
//! It knows nothing of the app that runs against it. Its truth is Slack's specification (`specs/`).

mod api;
pub mod blocks;
mod commands;
mod delivery;
mod door;
mod events;
mod faults;
mod interactivity;
mod ledger;
pub mod limits;
mod message;
mod own_name;
mod page;
mod parcel;
mod people;
mod posting;
mod recorder;
mod request_url;
mod response_url;
mod sample;
mod setup;
mod signature;
mod socket;
pub mod spec;
mod state;
mod typed;
mod views;
mod world;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

pub use delivery::{Delivery, Told};
pub use faults::{Fault, Faults, When};
pub use interactivity::{Act, FORM_NO_ANSWER, NO_ANSWER, Outcome, Place, Submitted, Submitting};
pub use ledger::{Entry, Kind};
pub use message::{Message, Ts};
pub use parcel::{Parcel, ParcelKind};
pub use people::{Refused, Result};
pub use request_url::RequestUrls;
pub use sample::sample;
pub use setup::{App, Channel, Control, Host, Now, Setup, User, Workspace, real_time};
pub use signature::signature;
pub use socket::Disconnect;
pub use views::View;

use recorder::Recorder;
use state::State;
use world::Inner;

/// How often acknowledgements and retries are looked after, in real time.
const TICK: Duration = Duration::from_millis(50);

/// A running sandbox. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

impl Sandbox {
    pub async fn start(setup: Setup) -> io::Result<Sandbox> {
        let listener = TcpListener::bind(setup.address).await?;
        let address = listener.local_addr()?;
        let faults = Faults::new();
        let mut state = State::new(setup.workspace);
        state.at = (setup.now)();
        state.delivery.means = setup.delivery.clone();
        state.recorder = Recorder::new(setup.record);
        let (post, letters) = mpsc::unbounded_channel();
        state.delivery.post = Some(post);
        let fronted = setup.front.is_some();
        state.delivery.secure = fronted;
        state.delivery.host = setup.front.unwrap_or_else(|| address.to_string());
        state.delivery.faults = Some(faults.clone());
        let inner = Arc::new(Inner {
            address,
            fronted,
            now: setup.now,
            host: setup.host,
            faults,
            changed: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            serving: AtomicUsize::new(0),
            door: Mutex::new(None),
            state: Mutex::new(state),
        });
        // By hand nothing may happen at a time that is not the driver's.
        if setup.delivery != Delivery::ByHand {
            tokio::spawn(look_after(inner.clone()));
        }
        tokio::spawn(request_url::carry(inner.clone(), letters));
        let sandbox = Sandbox { inner };
        sandbox.opens(listener);
        Ok(sandbox)
    }

    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.inner.address)
    }

    pub fn page_url(&self) -> String {
        format!("http://{}/", self.inner.address)
    }

    /// No more requests are taken and every socket is closed.
    pub async fn stop(&self) {
        self.inner.faults.clear();
        self.inner.stopping.send_replace(true);
        let patience = tokio::time::Instant::now() + Duration::from_secs(1);
        while self.connections() > 0 && tokio::time::Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// People: the same operations that the page offers.
impl Sandbox {
    /// The D… of this person with the bot, opened on demand.
    pub fn dm(&self, user: &str) -> String {
        self.inner.with(|state| state.dm(user))
    }

    pub fn says(&self, user: &str, channel: &str, text: &str) -> Result<Ts> {
        self.person(user, "say", |state| people::say(state, user, channel, None, text, false))
    }

    pub fn replies(&self, user: &str, channel: &str, thread_ts: &str, text: &str) -> Result<Ts> {
        self.person(user, "reply", |state| people::say(state, user, channel, Some(thread_ts), text, false))
    }

    /// Another app of the workspace posts, with any metadata.
    pub fn another_app_posts(&self, channel: &str, text: &str, metadata: Option<Value>) -> Ts {
        self.inner.with(|state| people::another_app_posts(state, channel, text, metadata))
    }

    pub fn edits(&self, user: &str, channel: &str, ts: &str, text: &str) -> Result<()> {
        self.person(user, "edit", |state| people::edit(state, user, channel, ts, text))
    }

    pub fn deletes(&self, user: &str, channel: &str, ts: &str) -> Result<()> {
        self.person(user, "delete", |state| people::delete(state, user, channel, ts))
    }

    /// As an admin, who may take away anybody's message, the app's too.
    pub fn removes(&self, admin: &str, channel: &str, ts: &str) -> Result<()> {
        self.person(admin, "remove", |state| people::remove(state, admin, channel, ts))
    }

    /// Presses, chooses or ticks, and waits for the acknowledgement: three seconds of real time at most.
    pub async fn acts(&self, user: &str, act: Act) -> Result<Outcome> {
        let done = interactivity::act(&self.inner, user, act).await;
        self.person(user, "act", |_| done)
    }

    /// The modals that are open at this person, the top one last.
    pub fn views(&self, user: &str) -> Vec<View> {
        self.inner.with(|state| {
            let names = state.names();
            state.views.get(user).into_iter().flatten().map(|view| view.shown(names.clone())).collect()
        })
    }

    /// Fills one input of the modal on top.
    pub fn fills(&self, user: &str, block_id: &str, action_id: &str, value: impl Into<Value>) -> Result<()> {
        let value = value.into();
        self.person(user, "fill", |state| interactivity::fill(state, user, block_id, action_id, &value))
    }

    /// Submits the modal on top, and waits like `acts`.
    pub async fn submits(&self, user: &str) -> Result<Submitted> {
        let done = interactivity::submit(&self.inner, user).await;
        self.person(user, "submit", |_| done)
    }

    /// Closes the modal on top.
    pub fn closes(&self, user: &str) {
        self.inner.with(|state| interactivity::close(state, user));
    }

    pub fn changes_user(&self, user: &str, change: impl FnOnce(&mut User)) {
        self.inner.with(|state| people::change_user(state, user, change));
    }

    pub fn joins(&self, user: &str, channel: &str) {
        self.inner.with(|state| people::join(state, user, channel));
    }

    pub fn leaves(&self, user: &str, channel: &str) {
        self.inner.with(|state| people::leave(state, user, channel));
    }

    pub fn archives(&self, channel: &str, by: &str) {
        self.inner.with(|state| people::archive(state, channel, by));
    }

    /// tokens_revoked and app_uninstalled, and every call from here on is refused.
    pub fn uninstalls(&self) {
        self.inner.with(people::uninstall);
    }

    fn person<T>(&self, user: &str, what: &str, act: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.inner.with(|state| {
            let done = act(state);
            people::noted(state, user, what, done)
        })
    }
}

/// What is seen, and the record.
impl Sandbox {
    /// The channel level, broadcast replies included, oldest first; empty for a place that this person cannot see.
    pub fn history(&self, user: &str, channel: &str) -> Vec<Message> {
        self.inner.with(|state| people::history(state, user, channel))
    }

    /// The parent first.
    pub fn thread(&self, user: &str, channel: &str, ts: &str) -> Vec<Message> {
        self.inner.with(|state| people::thread(state, user, channel, ts))
    }

    /// All that only this person sees, oldest first.
    pub fn ephemerals(&self, user: &str) -> Vec<Message> {
        self.inner.with(|state| people::ephemerals(state, user))
    }

    pub fn ledger(&self) -> Vec<Entry> {
        self.ledger_since(0)
    }

    /// Entries with this `seq` and later.
    pub fn ledger_since(&self, seq: u64) -> Vec<Entry> {
        self.inner.with(|state| state.ledger.get(seq as usize..).unwrap_or_default().to_vec())
    }

    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Tells every connection to go. A warned or refreshed one is closed ten seconds later.
    pub fn disconnects(&self, why: Disconnect) {
        self.inner.with(|state| socket::disconnect(state, why));
    }

    /// Sends this on every connection, whatever it is.
    pub fn sends_frame(&self, text: &str) {
        self.inner.with(|state| socket::send_all(state, text));
    }

    /// Breaks every connection off without a word.
    pub fn cuts_sockets(&self) {
        self.inner.with(socket::cut);
    }

    pub fn connections(&self) -> usize {
        self.inner.with(|state| state.delivery.connections())
    }

    /// API requests being served and envelopes that wait for their acknowledgement.
    pub fn busy(&self) -> usize {
        let waiting = self.inner.with(|state| state.delivery.busy(state.at));
        waiting + self.inner.serving.load(Ordering::SeqCst)
    }

    /// Returns once nothing is under way.
    pub async fn settled(&self) {
        while self.busy() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Bumps at every change.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }
}

async fn look_after(inner: Arc<Inner>) {
    let mut stopping = inner.stopping.subscribe();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            _ = ticks.tick() => inner.with(delivery::tick),
            _ = stopping.changed() => return,
        }
    }
}

fn router(inner: Arc<Inner>) -> Router {
    let of_api = from_fn_with_state(Arc::clone(&inner), own_name::api);
    let of_page = from_fn_with_state(Arc::clone(&inner), own_name::page);
    Router::new()
        .route("/api/{method}", any(api::serve))
        .route("/socket", get(socket::accept))
        .route("/response/{id}", post(response_url::serve))
        .layer(of_api)
        .merge(page::router().layer(of_page))
        .with_state(inner)
}
