//! What the server, the sockets and the people share.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::door::Door;
use crate::faults::Faults;
use crate::setup::{Host, Now};
use crate::state::State;

pub(crate) struct Inner {
    pub address: SocketAddr,
    /// Somebody speaks TLS in front of us.
    pub fronted: bool,
    pub now: Now,
    pub host: Option<Host>,
    pub faults: Faults,
    pub changed: watch::Sender<u64>,
    pub stopping: watch::Sender<bool>,
    pub serving: AtomicUsize,
    /// None while Slack cannot be reached.
    pub door: Mutex<Option<Door>>,
    pub state: Mutex<State>,
}

impl Inner {
    /// Everything happens in here, at one reading of the clock; whoever waits for a change is told.
    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up((self.now)());
        let done = act(&mut state);
        let version = state.version;
        drop(state);
        self.changed.send_if_modified(|known| version > std::mem::replace(known, version.max(*known)));
        done
    }
}

impl Inner {
    pub fn door(&self) -> MutexGuard<'_, Option<Door>> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One API request that is being served, until it is dropped.
pub(crate) struct Serving(Arc<Inner>);

impl Serving {
    pub fn begin(inner: &Arc<Inner>) -> Serving {
        inner.serving.fetch_add(1, Ordering::SeqCst);
        Serving(inner.clone())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.serving.fetch_sub(1, Ordering::SeqCst);
    }
}
