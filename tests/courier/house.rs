//! A courier, its database and a Slack, on one clock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use crate::databases::{self, BOTH, Database};
use futures_util::FutureExt;
use sandbox::{Kind, Message, Sandbox, Setup, Workspace};
use serde_json::json;
use unstuck::clock::Clock;
use unstuck::courier::{CameTo, Courier, Part, Shown, Step};
use unstuck::rules::id::MessageKey;
use unstuck::rules::message::{Class, State};
use unstuck::slack::client::{Slack, Token};
use unstuck::store::message::{self, NewMessage, Row};
use unstuck::store::{Db, Tx};
use unstuck::{read_tx, write_tx};

pub const START: i64 = 1_800_000_000_000;
pub const HOUR: i64 = 3_600_000;
const T: &str = databases::WORKSPACE;

type Documents = Arc<Mutex<BTreeMap<String, Shown>>>;

pub struct House {
    pub slack: Sandbox,
    pub db: Db,
    pub clock: Clock,
    pub courier: Courier,
    documents: Documents,
    /// Keys of which the courier told that they stand in Slack now, and with which link.
    pub told: Arc<Mutex<Vec<(String, String)>>>,
    /// The next document takes so many milliseconds of the clock to render.
    pub rendering_takes: Arc<AtomicI64>,
    database: Database,
}

impl House {
    pub async fn on_each_database() -> Vec<House> {
        House::with(|_| {}).await
    }

    pub async fn with(change: impl Fn(&mut Setup)) -> Vec<House> {
        let mut houses = Vec::new();
        for which in BOTH {
            houses.push(House::on(databases::open(which).await, &change).await);
        }
        houses
    }

    pub async fn on(database: Database, change: &impl Fn(&mut Setup)) -> House {
        let db = database.db.clone();
        let clock = Clock::frozen(START);
        let mut setup = Setup::new(Workspace { team_id: T.to_owned(), ..sandbox::sample() });
        let now = clock.clone();
        setup.now = Arc::new(move || now.now());
        change(&mut setup);
        let slack = Sandbox::start(setup).await.expect("a sandbox");
        let (documents, told) = (Documents::default(), Arc::new(Mutex::new(Vec::new())));
        let rendering_takes = Arc::new(AtomicI64::new(0));
        let courier = courier(&db, &slack, &clock, &documents, &told, &rendering_takes);
        write_tx!(db, T, START, tx => sqlx_person(tx).await).expect("a person");
        House { slack, db, clock, courier, documents, told, rendering_takes, database }
    }

    /// Another replica on the same database.
    pub fn replica(&self) -> Courier {
        courier(&self.db, &self.slack, &self.clock, &self.documents, &self.told, &self.rendering_takes)
    }

    /// A replica of which nothing is left when it dies, its connections least of all.
    pub async fn process(&self) -> Courier {
        let db = Db::open(&self.database.url).await.expect("the database");
        courier(&db, &self.slack, &self.clock, &self.documents, &self.told, &self.rendering_takes)
    }

    /// Until Slack has met all that is to go wrong.
    pub async fn faults_struck(&self) {
        while self.slack.faults().left() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    pub fn says(&self, key: &str, text: &str) {
        self.shows(key, &[("", text)]);
    }

    pub fn shows(&self, key: &str, parts: &[(&str, &str)]) {
        let part = |(name, text): &(&str, &str)| Part {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
            blocks: json!([{"type": "section", "text": {"type": "plain_text", "text": text}}]),
            thread: true,
        };
        let document = Shown::Document(parts.iter().map(part).collect());
        self.documents.lock().expect("documents").insert(key.to_owned(), document);
    }

    pub fn text_of(&self, root: &str, part: &str) -> String {
        match self.documents.lock().expect("documents").get(root) {
            Some(Shown::Document(parts)) => parts.iter().find(|found| found.name == part).expect("a part").text.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub fn not_owed(&self, key: &str) {
        self.documents.lock().expect("documents").insert(key.to_owned(), Shown::NotOwed("no longer".into()));
    }

    pub async fn wants(&self, key: &str, kind: &str, place: &str) {
        self.wants_as(key, kind, place, |_| {}).await;
    }

    pub async fn wants_as(&self, key: &str, kind: &str, place: &str, change: impl FnOnce(&mut NewMessage)) {
        let mut new = NewMessage::main(key, kind, "", place, Class::Rest);
        (new.due_at, new.expires_at) = (self.clock.now(), self.clock.now() + 10 * HOUR);
        change(&mut new);
        let new = &new;
        write_tx!(self.db, T, self.clock.now(), tx => message::want(tx, new).await).expect("wanted");
    }

    pub async fn raise(&self, key: &str) {
        let roots = &[MessageKey::from(key)];
        write_tx!(self.db, T, self.clock.now(), tx => message::raise(tx, roots).await).expect("raised");
    }

    pub async fn row(&self, key: &str) -> Row {
        read_tx!(self.db, T, self.clock.now(), tx => message::get(tx, &key.into()).await).expect("a row")
    }

    pub async fn state(&self, key: &str) -> State {
        self.row(key).await.progress.state
    }

    /// Steps until there is nothing to do at this instant; tells what the worked rows came to.
    pub async fn works(&self) -> Vec<(String, CameTo)> {
        let mut came = Vec::new();
        loop {
            match self.courier.step().await.expect("a step") {
                Step::Worked { key, to } => came.push((key.0, to)),
                Step::Swept(_) => {}
                Step::Idle { .. } => return came,
            }
        }
    }

    pub async fn due(&self) -> Option<i64> {
        self.courier.next_due().await.expect("a look").map(|due| due - START)
    }

    pub fn later(&self, ms: i64) {
        self.clock.step_to(self.clock.now() + ms);
    }

    /// Everything that is due in a while is done, half a minute at a time.
    pub async fn lives(&self, minutes: i64) {
        for _ in 0..minutes * 2 {
            self.works().await;
            self.later(30_000);
        }
        self.works().await;
    }

    pub fn live(&self, user: &str, channel: &str) -> Vec<Message> {
        self.slack.history(user, channel).into_iter().filter(|message| !message.deleted && message.by_bot()).collect()
    }

    pub fn texts(&self, user: &str, channel: &str) -> Vec<String> {
        self.live(user, channel).into_iter().map(|message| message.text).collect()
    }

    pub fn calls(&self, wanted: &str) -> Vec<(i64, u16)> {
        let call = |entry: sandbox::Entry| match entry.kind {
            Kind::Called { method, status, .. } if method == wanted => Some((entry.at - START, status)),
            _ => None,
        };
        self.slack.ledger().into_iter().filter_map(call).collect()
    }
}

fn courier(
    db: &Db,
    slack: &Sandbox,
    clock: &Clock,
    documents: &Documents,
    told: &Arc<Mutex<Vec<(String, String)>>>,
    takes: &Arc<AtomicI64>,
) -> Courier {
    let client =
        Slack::new(&slack.api_url(), Token::new("xoxb-sandbox"), Some(Token::new("xapp-sandbox"))).expect("a client");
    let (documents, told, takes, timer) = (documents.clone(), told.clone(), takes.clone(), clock.clone());
    let show = Arc::new(move |tx: Tx, row: Row| {
        timer.step_to(timer.now() + takes.swap(0, Ordering::SeqCst));
        let shown = documents.lock().expect("documents").get(row.root.as_str()).cloned();
        async move { (tx, Ok(shown.expect("a document"))) }.boxed()
    });
    let after_shown = Arc::new(move |tx: Tx, row: Row| {
        told.lock().expect("told").push((row.key.0, row.link));
        async move { (tx, Ok(())) }.boxed()
    });
    Courier::new(db.clone(), client, clock.clone(), T, &[], show, after_shown)
}

async fn sqlx_person(tx: &mut Tx) -> unstuck::store::Result<()> {
    unstuck::run!(tx, "insert into person (workspace, id, name, zone) values ('T0TEST', 'U0ANA', 'Ana', '')")?;
    Ok(())
}
