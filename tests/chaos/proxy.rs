//! The network between the bot and PostgreSQL: forwards bytes, and cuts, delays, swallows or refuses by order.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What goes from the bot to the server in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// Whether the connection is alive.
    Ping,
    Begin,
    Commit,
    Other,
}

impl Passing {
    fn read(piece: &[u8]) -> Passing {
        let says = |words: &[u8]| piece.windows(words.len()).any(|at| at == words);
        match piece {
            [b'S', 0, 0, 0, 4] => Passing::Ping,
            _ if says(b"commit\0") => Passing::Commit,
            _ if says(b"begin") => Passing::Begin,
            _ => Passing::Other,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Forwarded,
    /// The connection is cut before it has passed.
    CutBefore,
    /// It passes and the server answers; the connection is cut before the answer does.
    CutAfter,
    Late(Duration),
}

/// How the network is for all connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    Open,
    /// Nobody listens, and what was connected is cut.
    Refused,
}

type Judge = Box<dyn FnMut(Passing) -> Fate + Send>;

struct Rules {
    server: SocketAddr,
    judge: Mutex<Judge>,
    road: watch::Sender<Road>,
    /// Connections made before this generation are gone without a word: nothing passes any more, and nothing is closed.
    swallowed: watch::Sender<u64>,
    /// Connections made before this generation are cut.
    cut: watch::Sender<u64>,
}

pub struct Proxy {
    rules: Arc<Rules>,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// In front of the server of such an address.
    pub async fn before(url: &str) -> Proxy {
        let url = url::Url::parse(url).expect("an address");
        let (host, port) = (url.host_str().expect("a host"), url.port().unwrap_or(5432));
        let server = tokio::net::lookup_host((host, port)).await.expect("a server").next().expect("a server");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let rules = Arc::new(Rules {
            server,
            judge: Mutex::new(Box::new(|_| Fate::Forwarded)),
            road: watch::Sender::new(Road::Open),
            swallowed: watch::Sender::new(0),
            cut: watch::Sender::new(0),
        });
        let listening = tokio::spawn(listen(rules.clone(), listener));
        Proxy { rules, address, listening }
    }

    /// The same address with this proxy in between.
    pub fn through(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).expect("an address");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        // The library's own encryption would hide what passes.
        format!("{url}{}sslmode=disable", if url.query().is_some() { "&" } else { "?" })
    }

    /// What becomes of each piece from now on.
    pub fn judges(&self, judge: impl FnMut(Passing) -> Fate + Send + 'static) {
        *self.rules.judge.lock().expect("a judge") = Box::new(judge);
    }

    pub fn forwards_all(&self) {
        self.judges(|_| Fate::Forwarded);
    }

    /// The next commits meet this, one after the other; then all is well again.
    pub fn next_commits(&self, fates: &[Fate]) {
        let mut fates = VecDeque::from(fates.to_vec());
        self.judges(move |passing| match passing {
            Passing::Commit => fates.pop_front().unwrap_or(Fate::Forwarded),
            Passing::Ping | Passing::Begin | Passing::Other => Fate::Forwarded,
        });
    }

    /// Every commit meets this.
    pub fn cuts_commits(&self, fate: Fate) {
        self.judges(move |passing| if passing == Passing::Commit { fate } else { Fate::Forwarded });
    }

    pub fn refuses(&self) {
        self.rules.road.send_replace(Road::Refused);
    }

    pub fn opens(&self) {
        self.rules.road.send_replace(Road::Open);
    }

    pub fn cuts_all(&self) {
        self.rules.cut.send_modify(|generation| *generation += 1);
    }

    /// The machine of the server vanishes: what is connected hears nothing more, and is not told. A new connection finds another.
    pub fn swallows_all(&self) {
        self.rules.swallowed.send_modify(|generation| *generation += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(rules: Arc<Rules>, listener: TcpListener) {
    let address = listener.local_addr().expect("an address");
    let mut road = rules.road.subscribe();
    let mut listener = Some(listener);
    loop {
        if *road.borrow_and_update() == Road::Refused {
            drop(listener.take());
            if road.wait_for(|road| *road == Road::Open).await.is_err() {
                return;
            }
        }
        let here = match listener.take() {
            Some(here) => here,
            None => TcpListener::bind(address).await.expect("the same port"),
        };
        tokio::select! {
            taken = here.accept() => if let Ok((client, _)) = taken {
                tokio::spawn(connection(rules.clone(), client));
            },
            changed = road.changed() => if changed.is_err() {
                return;
            },
        }
        listener = Some(here);
    }
}

async fn connection(rules: Arc<Rules>, client: TcpStream) {
    let (mut road, mut cut) = (rules.road.subscribe(), rules.cut.subscribe());
    cut.mark_unchanged();
    let Ok(server) = TcpStream::connect(rules.server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (answers, answered) = watch::channel(false);
    // Whichever side ends first ends both, as a connection does; a cut drops them where they are.
    tokio::select! {
        () = forth(&rules, from_client, to_server, answered, &answers) => {}
        () = back(&rules, from_server, to_client, &answers) => {}
        _ = road.wait_for(|road| *road == Road::Refused) => {}
        _ = cut.changed() => {}
    }
}

/// Never returns once the connection is swallowed.
async fn passes(swallowed: &mut watch::Receiver<u64>) {
    if swallowed.has_changed().unwrap_or(false) {
        std::future::pending::<()>().await;
    }
}

async fn forth(
    rules: &Rules,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut answered: watch::Receiver<bool>,
    hold: &watch::Sender<bool>,
) {
    let mut swallowed = rules.swallowed.subscribe();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut piece).await else { return };
        passes(&mut swallowed).await;
        let passing = Passing::read(&piece[..read]);
        let fate = (rules.judge.lock().expect("a judge"))(passing);
        match fate {
            Fate::Forwarded => {}
            Fate::CutBefore => return,
            Fate::Late(by) => tokio::time::sleep(by).await,
            Fate::CutAfter => {
                hold.send_replace(true);
                if to.write_all(&piece[..read]).await.is_ok() {
                    // `back` lowers it again when the answer is there.
                    let _ = answered.wait_for(|held| !*held).await;
                }
                return;
            }
        }
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}

async fn back(rules: &Rules, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, hold: &watch::Sender<bool>) {
    let mut swallowed = rules.swallowed.subscribe();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut piece).await else { return };
        passes(&mut swallowed).await;
        if *hold.borrow() {
            hold.send_replace(false);
            std::future::pending::<()>().await;
        }
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}
