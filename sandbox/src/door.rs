//! The server's door: it can be shut, so that connections are refused, and opened again at the same address.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::world::Inner;
use crate::{Sandbox, socket};

/// How long open connections may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Door {
    shut: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Door {
    pub fn open(listener: TcpListener, router: Router, inner: &Inner) -> Door {
        let (shut, mut told) = watch::channel(false);
        let mut stopping = inner.stopping.subscribe();
        let server = axum::serve(listener, router).with_graceful_shutdown(async move {
            // An error means that the sandbox is gone, which is the end as well.
            tokio::select! {
                _ = told.changed() => {}
                _ = stopping.changed() => {}
            }
        });
        let serving = tokio::spawn(async move {
            // The listener has been bound: nothing else goes wrong.
            let _ = server.await;
        });
        Door { shut, serving }
    }

    async fn shut(self) {
        self.shut.send_replace(true);
        // Requests that hang hold their connections, and nobody else's: the address is free at once.
        let _ = tokio::time::timeout(PATIENCE, self.serving).await;
    }
}

impl Sandbox {
    /// Slack cannot be reached: connections are refused and those that were open are gone when this returns.
    pub async fn goes_down(&self) {
        self.inner.with(socket::cut);
        let door = self.inner.door().take();
        if let Some(door) = door {
            door.shut().await;
        }
    }

    /// At the same address as before.
    pub async fn comes_up(&self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address()).await?;
        self.opens(listener);
        Ok(())
    }

    pub(crate) fn opens(&self, listener: TcpListener) {
        let door = Door::open(listener, crate::router(Arc::clone(&self.inner)), &self.inner);
        self.inner.door().replace(door);
    }

    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }
}
