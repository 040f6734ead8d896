//! Room for the few bodies that are larger than usual. Whoever signs nothing can say that a large one
//! comes and then be silent; so where there is no room, the one that has been coming for longest
//! gives way to the newest. Slack's come within milliseconds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

type Holders = Arc<Mutex<VecDeque<Arc<Notify>>>>;

#[derive(Clone)]
pub(super) struct Large {
    places: Arc<Semaphore>,
    /// Whoever holds a place, the oldest first.
    holders: Holders,
}

/// A place, until it is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    wanted: Arc<Notify>,
    holders: Holders,
}

impl Large {
    pub(super) fn new(places: usize) -> Large {
        Large { places: Arc::new(Semaphore::new(places)), holders: Holders::default() }
    }

    /// None where no place can be had any more.
    pub(super) async fn place(&self) -> Option<Place> {
        let permit = match self.places.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                if let Some(oldest) = lock(&self.holders).pop_front() {
                    oldest.notify_one();
                }
                self.places.clone().acquire_owned().await.ok()?
            }
        };
        let wanted = Arc::new(Notify::new());
        lock(&self.holders).push_back(wanted.clone());
        Some(Place { _permit: permit, wanted, holders: self.holders.clone() })
    }
}

impl Place {
    /// Somebody else needs it more.
    pub(super) async fn is_wanted(&self) {
        self.wanted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.holders).retain(|other| !Arc::ptr_eq(other, &self.wanted));
    }
}

fn lock(holders: &Holders) -> std::sync::MutexGuard<'_, VecDeque<Arc<Notify>>> {
    holders.lock().unwrap_or_else(PoisonError::into_inner)
}
