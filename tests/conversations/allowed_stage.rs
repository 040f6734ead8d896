//! Stages for the table of roles, and the forging of payloads.

use super::allowed::Scene;
use super::scene::REFUND;
use crate::databases::Which;
use crate::teams::Team;
use crate::world::{SUPPORT, TEAMS, World, monday_morning, person};
use sandbox::{Channel, Kind};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Column, Row};
use std::sync::atomic::{AtomicU32, Ordering};
use unstuck::read_tx;
use unstuck::rules::check_in::CheckIn;
use unstuck::rules::id::{PriorityId, StuckId, Ts, UserId};
use unstuck::slack::view::action::{Action, Modal, field};
use unstuck::store::{self, Db};

/// A press, or a modal with what was filled in: block, kind of input, value.
#[derive(Debug)]
pub enum Act {
    Press(Action),
    Submit(Modal, Vec<(String, &'static str, Value)>),
}

pub struct Stage {
    pub world: World,
    pub acts: Vec<Act>,
    number: AtomicU32,
}

async fn people(which: Which) -> World {
    let tier_2 = Team {
        name: "Tier 2",
        channel: "C0SECOND",
        manager: "U0PIA",
        shift: "Night",
        starts: "0 23 * * Mon-Fri",
        hours: 4,
        agents: &["U0ZED"],
        ..Team::default()
    };
    let teams = format!("{}{tier_2}", TEAMS.replace("\"U0CLEO\"", "\"U0CLEO\", \"U0DEL\""));
    World::with(which, &teams, monday_morning(), |workspace| {
        for (id, name) in [("U0PIA", "Pia"), ("U0GIL", "Gil"), ("U0DEL", "Del")] {
            let mut user = person(id, name, crate::world::ZONE);
            user.deleted = name == "Del";
            workspace.users.push(user);
        }
        workspace.channels[0].members.extend(["U0PIA", "U0GIL", "U0DEL"].map(str::to_owned));
        let members = ["U0BOT", "U0ZED", "U0PIA"].map(str::to_owned).to_vec();
        let (id, name) = ("C0SECOND".to_owned(), "second".to_owned());
        workspace.channels.push(Channel { id, name, private: false, archived: false, members });
    })
    .await
}

pub async fn stage(which: Which, scene: Scene) -> Stage {
    let world = people(which).await;
    world.until("2026-05-18T06:00").await;
    let acts = match scene {
        Scene::Prompt => prompt(&world).await,
        Scene::Off => {
            world.presses("U0ANA", "Off today").await;
            vec![Act::Press(Action::ImBack(check_in(&world, "U0ANA").await.id))]
        }
        Scene::Typed => typed(&world).await,
        Scene::Unfiled => unfiled(&world).await,
        Scene::Sized => {
            world.is_stuck("U0ANA", REFUND, "More than a minute").await;
            vec![Act::Press(Action::OpenNow(stuck(&world).await))]
        }
        Scene::Open | Scene::Quick | Scene::Taken | Scene::Resolved => stucks(&world, scene).await,
    };
    Stage { world, acts, number: AtomicU32::new(0) }
}

async fn prompt(world: &World) -> Vec<Act> {
    world.says("U0ANA", "clear the refund backlog").await;
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    world.until("2026-05-19T06:00").await;
    let id = check_in(world, "U0ANA").await.id;
    let form = Modal::Form { check_in: id.clone(), opened: Vec::new(), sets: 1 };
    let filled = vec![(field::PRIORITIES.to_owned(), "plain_text_input", json!("something new"))];
    let mut acts = vec![Act::Submit(form, filled), Act::Press(Action::AnotherStuck), Act::Press(Action::Link)];
    acts.extend(
        [
            Action::Form(id.clone()),
            Action::Nothing(id.clone()),
            Action::Snooze(id.clone()),
            Action::OffToday(id.clone()),
            Action::Tick(id.clone()),
            Action::AllDone(id.clone()),
            Action::DropAll(id.clone()),
            Action::ImStuck(id),
        ]
        .map(Act::Press),
    );
    acts
}

async fn typed(world: &World) -> Vec<Act> {
    let plan = Ts(world.says("U0ANA", "write the sale macro").await);
    let stuck = Ts(world.says("U0ANA", "stuck: no access to the printer").await);
    let id = check_in(world, "U0ANA").await.id;
    let size = |minute| Action::Size { check_in: id.clone(), said: stuck.clone(), line: 0, minute };
    [
        size(true),
        size(false),
        Action::ItsPriority { check_in: id.clone(), said: stuck.clone(), line: 0 },
        Action::ItsStuck { check_in: id.clone(), said: plan, line: 0 },
    ]
    .map(Act::Press)
    .into()
}

async fn unfiled(world: &World) -> Vec<Act> {
    world.nothing_stuck(&["U0ANA"]).await;
    let said = Ts(world.says("U0ANA", "phones").await);
    let id = check_in(world, "U0ANA").await.id;
    [
        Action::AddAsPriority { check_in: id.clone(), said: said.clone() },
        Action::AddAsStuck { check_in: id.clone(), said: said.clone() },
        Action::NeverMind { check_in: id, said },
    ]
    .map(Act::Press)
    .into()
}

async fn stucks(world: &World, scene: Scene) -> Vec<Act> {
    let size = if scene == Scene::Quick { "A minute or less" } else { "More than a minute" };
    world.is_stuck("U0ANA", REFUND, size).await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    if matches!(scene, Scene::Taken | Scene::Resolved) {
        world.does("U0CLEO", "I'll take this").await;
    }
    if scene == Scene::Resolved {
        world.resolves("U0CLEO", "role was missing").await;
    }
    let id = stuck(world).await;
    let line = |block: &str| vec![(block.to_owned(), "plain_text_input", json!("one line"))];
    match scene {
        Scene::Open => vec![
            Act::Press(Action::Take(id.clone())),
            Act::Press(Action::Escalate(id.clone())),
            Act::Submit(Modal::Escalate(id), line(field::WHY)),
        ],
        Scene::Quick => vec![
            Act::Press(Action::Answer(id.clone())),
            Act::Press(Action::NeedsMore(id.clone())),
            Act::Submit(Modal::Answer(id), line(field::ANSWER)),
        ],
        Scene::Taken => vec![
            Act::Press(Action::Resolve(id.clone())),
            Act::Press(Action::HandBack(id.clone())),
            Act::Submit(Modal::Resolve(id), line(field::OUTCOME)),
        ],
        _ => [Action::Reopen(id.clone()), Action::Unstuck(id.clone()), Action::StillStuck(id)].map(Act::Press).into(),
    }
}

async fn check_in(world: &World, who: &str) -> CheckIn {
    let who = UserId::from(who);
    let current = read_tx!(world.database.db, "T0TEST", 0, tx => store::check_in::current(tx, &who).await);
    current.expect("rows").into_iter().next().expect("a check-in")
}

async fn stuck(world: &World) -> StuckId {
    let id = check_in(world, "U0ANA").await.id;
    let raised = read_tx!(world.database.db, "T0TEST", 0, tx => store::stuck::of_check_in(tx, &id).await);
    raised.expect("rows").into_iter().next().expect("a stuck").id
}

async fn priorities(world: &World, who: &str) -> Vec<PriorityId> {
    let mine = check_in(world, who).await;
    let list = mine.last.clone().unwrap_or(mine.id);
    let listed = read_tx!(world.database.db, "T0TEST", 0, tx => store::priority::list(tx, &list).await);
    listed.expect("rows").into_iter().map(|line| line.priority.id).collect()
}

impl Stage {
    /// Gives the bot a payload in somebody's name, and returns what it says to them.
    pub async fn forge(&self, act: &Act, who: &str) -> Vec<String> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let payload = match act {
            Act::Press(action) => self.press(action, who, number).await,
            Act::Submit(modal, filled) => submission(modal, filled, who, number),
        };
        let envelope = json!({"envelope_id": format!("forged-{number}"), "type": "interactive", "payload": payload});
        let before = self.world.slack.ledger().len() as u64;
        let handled = self.world.bot.receive(&envelope).await.expect("taken in");
        if let Some(after) = handled.after {
            after.await;
        }
        // The press is nobody's, and so is its own address; what came there is known all the same.
        let came = self.world.slack.ledger_since(before).into_iter().filter_map(|entry| match entry.kind {
            Kind::Responded { body, .. } => Some(body["text"].as_str().unwrap_or_default().to_owned()),
            _ => None,
        });
        let mut said: Vec<String> = came.collect();
        if let Some(errors) = handled.payload.as_ref().and_then(|payload| payload["errors"].as_object()) {
            said.extend(errors.values().filter_map(Value::as_str).map(str::to_owned));
        }
        said
    }

    async fn press(&self, action: &Action, who: &str, number: u32) -> Value {
        let (mut block, mut selected) = ("do".to_owned(), Vec::new());
        if let Action::Tick(id) = action {
            block = format!("{id}.0");
            let lines = priorities(&self.world, "U0ANA").await;
            selected.extend(lines.iter().map(|line| json!({"value": line})));
        }
        let at = Ts::at(self.world.clock.now());
        let mut payload = json!({
            "type": "block_actions", "team": {"id": "T0TEST"}, "user": {"id": who},
            "trigger_id": format!("forged.{number}"), "response_url": format!("{}response/forged", self.world.slack.page_url()),
            "channel": {"id": SUPPORT},
            "container": {"type": "message", "channel_id": SUPPORT, "message_ts": "1.000001"},
            "actions": [{"type": "button", "action_id": action.id(), "block_id": block, "value": action.value(),
                         "selected_options": selected, "action_ts": at}],
        });
        if *action == Action::AnotherStuck {
            let form = Modal::Form { check_in: check_in(&self.world, "U0ANA").await.id, opened: Vec::new(), sets: 1 };
            payload["view"] = view(&form, &[]);
        }
        payload
    }

    /// Ben's own form and buttons with ids of Ana's rows in them.
    pub async fn crossed(&self, own: &str, other: &str) -> Vec<Act> {
        let (mine, theirs) = (check_in(&self.world, own).await.id, check_in(&self.world, other).await.id);
        let stuck = stuck(&self.world).await;
        let line = priorities(&self.world, other).await.remove(0);
        let said = self.acts.iter().find_map(|act| match act {
            Act::Press(Action::Size { said, .. }) => Some(said.clone()),
            _ => None,
        });
        let said = said.expect("a typed line");
        let set = field::existing_set(stuck.as_str(), "shown");
        let text = |block: String, text: &str| (block, "plain_text_input", json!(text));
        let form = |filled| {
            let opened = vec![(line.clone(), "00000000".to_owned())];
            Act::Submit(Modal::Form { check_in: mine.clone(), opened, sets: 1 }, filled)
        };
        let size = (field::stuck(&set, field::SIZE), "radio_buttons", json!(field::MORE));
        let mark = (field::mark(line.as_str()), "radio_buttons", json!("done"));
        vec![
            form(vec![text(field::stuck(&set, field::WHAT), "rewritten"), size]),
            form(vec![text(field::stuck(&set, field::WHAT), "")]),
            form(vec![mark, text(field::unstuck(line.as_str()), "by itself")]),
            form(vec![text(field::PRIORITIES.to_owned(), "")]),
            Act::Press(Action::Size { check_in: mine.clone(), said: said.clone(), line: 0, minute: true }),
            Act::Press(Action::ItsPriority { check_in: mine.clone(), said: said.clone(), line: 0 }),
            Act::Press(Action::AddAsPriority { check_in: mine, said: said.clone() }),
            Act::Press(Action::NeverMind { check_in: theirs, said }),
        ]
    }

    /// Every row of the day.
    pub async fn rows(&self) -> Vec<String> {
        let mut all = Vec::new();
        for table in [
            "team", "member", "huddle", "check_in", "away", "said", "pressed", "priority", "listed", "stuck", "journal",
        ] {
            all.extend(self.select(&format!("select * from {table}")).await);
        }
        all.extend(self.select("select key from message").await);
        all.sort();
        all
    }

    /// The rows that are one person's.
    pub async fn rows_of(&self, who: &str) -> Vec<String> {
        let mine = format!("(select id from check_in where person = '{who}')");
        let mut all = Vec::new();
        for (table, whose) in [
            ("check_in", format!("person = '{who}'")),
            ("said", format!("check_in in {mine}")),
            ("pressed", format!("check_in in {mine}")),
            ("priority", format!("person = '{who}'")),
            ("listed", format!("check_in in {mine}")),
            ("stuck", format!("asker = '{who}'")),
            ("journal", format!("actor = '{who}'")),
        ] {
            all.extend(self.select(&format!("select * from {table} where {whose}")).await);
        }
        all.sort();
        all
    }

    async fn select(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        macro_rules! cells {
            ($row:expr) => {{
                let row = $row;
                let cell = |column: usize| {
                    let text = row.try_get::<Option<String>, _>(column).ok().flatten();
                    text.or_else(|| Some(row.try_get::<Option<i64>, _>(column).ok()??.to_string()))
                };
                let named =
                    row.columns().iter().map(|column| format!("{}={:?}", column.name(), cell(column.ordinal())));
                named.collect::<Vec<_>>().join(" ")
            }};
        }
        match &self.world.database.db {
            Db::Sqlite(pool, _) => {
                let rows: Vec<sqlx::sqlite::SqliteRow> = sqlx::query(sql).fetch_all(pool).await.expect("rows");
                rows.iter().map(|row| cells!(row)).collect()
            }
            Db::Postgres(pool) => {
                let rows: Vec<sqlx::postgres::PgRow> = sqlx::query(sql).fetch_all(pool).await.expect("rows");
                rows.iter().map(|row| cells!(row)).collect()
            }
        }
    }
}

fn view(modal: &Modal, filled: &[(String, &'static str, Value)]) -> Value {
    let mut values = json!({});
    for (block, kind, value) in filled {
        let input = match *kind {
            "radio_buttons" => json!({"type": kind, "selected_option": {"value": value}}),
            kind => json!({"type": kind, "value": value}),
        };
        values[block] = json!({ field::INPUT: input });
    }
    json!({"id": "V0FORGED", "hash": "1.abc", "callback_id": modal.callback_id(),
           "private_metadata": modal.private_metadata(), "state": {"values": values}})
}

fn submission(modal: &Modal, filled: &[(String, &'static str, Value)], who: &str, number: u32) -> Value {
    let mut view = view(modal, filled);
    view["id"] = json!(format!("V0FORGED{number}"));
    json!({"type": "view_submission", "team": {"id": "T0TEST"}, "user": {"id": who},
           "trigger_id": format!("forged.{number}"), "view": view})
}
