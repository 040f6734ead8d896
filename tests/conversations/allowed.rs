//! Authorisation as a table: every button and every modal, pressed by everybody, also by those to whom Slack would never show
//! it. The payloads are forged: they go straight to the bot, with another person's id. Refused means: in these words or in
//! none, and no row has changed. The command line is the operator's; there are no slash commands.

use super::allowed_stage::{Act, Stage, stage};
use crate::databases::{Which, both};
use unstuck::slack::view::action::{Action, Modal};

both! {
    a_prompt => super::prompt;
    a_prompt_after_off_today => super::off;
    typed_lines => super::typed;
    a_line_that_is_not_filed => super::unfiled;
    a_stuck_before_the_post => super::sized;
    an_open_stuck => super::open;
    a_quick_stuck => super::quick;
    a_taken_stuck => super::taken;
    a_resolved_stuck => super::resolved;
    another_persons_rows_in_a_form_of_ones_own => super::crossed;
}

/// What has been set up, so that the action makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    Prompt,
    Off,
    Typed,
    Unfiled,
    Sized,
    Open,
    Quick,
    Taken,
    Resolved,
}

/// Who presses. Ana was asked and is stuck, Cleo takes where somebody does, Jess manages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Owner,
    Agent,
    Taker,
    Manager,
    Observer,
    AgentElsewhere,
    ManagerElsewhere,
    Guest,
    Stranger,
    Closed,
    Bot,
}

impl Role {
    pub const ALL: [Role; 11] = [
        Role::Owner,
        Role::Agent,
        Role::Taker,
        Role::Manager,
        Role::Observer,
        Role::AgentElsewhere,
        Role::ManagerElsewhere,
        Role::Guest,
        Role::Stranger,
        Role::Closed,
        Role::Bot,
    ];

    pub fn who(self) -> &'static str {
        match self {
            Role::Owner => "U0ANA",
            Role::Agent => "U0BEN",
            Role::Taker => "U0CLEO",
            Role::Manager => "U0JESS",
            Role::Observer => "U0NOOR",
            Role::AgentElsewhere => "U0ZED",
            Role::ManagerElsewhere => "U0PIA",
            Role::Guest => "U0GIL",
            Role::Stranger => "U0NOBODY",
            Role::Closed => "U0DEL",
            Role::Bot => "U0BOT",
        }
    }

    fn is_outside(self) -> bool {
        matches!(self, Role::AgentElsewhere | Role::ManagerElsewhere | Role::Guest | Role::Stranger)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// A row changes.
    Does,
    /// The rules let it open its modal; a forged trigger opens none, and Slack's word for that is all that is said.
    Opens,
    Says(&'static str),
    /// Nothing changes and nothing is said.
    Nothing,
}

/// The scene of an action. A new action does not compile without a row in the table.
pub fn scene_of(action: &Action) -> Scene {
    match action {
        Action::Form(_)
        | Action::Nothing(_)
        | Action::Snooze(_)
        | Action::OffToday(_)
        | Action::Tick(_)
        | Action::AllDone(_)
        | Action::DropAll(_)
        | Action::ImStuck(_)
        | Action::AnotherStuck
        | Action::Link => Scene::Prompt,
        Action::ImBack(_) => Scene::Off,
        Action::Size { .. } | Action::ItsPriority { .. } | Action::ItsStuck { .. } => Scene::Typed,
        Action::AddAsPriority { .. } | Action::AddAsStuck { .. } | Action::NeverMind { .. } => Scene::Unfiled,
        Action::OpenNow(_) => Scene::Sized,
        Action::Take(_) | Action::Escalate(_) => Scene::Open,
        Action::Answer(_) | Action::NeedsMore(_) => Scene::Quick,
        Action::Resolve(_) | Action::HandBack(_) => Scene::Taken,
        Action::Reopen(_) | Action::Unstuck(_) | Action::StillStuck(_) => Scene::Resolved,
    }
}

pub fn scene_of_modal(modal: &Modal) -> Scene {
    match modal {
        Modal::Form { .. } => Scene::Prompt,
        Modal::Escalate(_) => Scene::Open,
        Modal::Answer(_) => Scene::Quick,
        Modal::Resolve(_) => Scene::Taken,
    }
}

/// The table.
fn cell(act: &Act, role: Role) -> Cell {
    if matches!(role, Role::Closed | Role::Bot) {
        return Cell::Nothing;
    }
    match act {
        Act::Press(action) => match action {
            Action::Form(_) => owners(role, Cell::Opens),
            Action::Nothing(_)
            | Action::Snooze(_)
            | Action::OffToday(_)
            | Action::ImBack(_)
            | Action::Tick(_)
            | Action::AllDone(_)
            | Action::DropAll(_)
            | Action::ImStuck(_)
            | Action::Size { .. }
            | Action::ItsPriority { .. }
            | Action::ItsStuck { .. }
            | Action::AddAsPriority { .. }
            | Action::AddAsStuck { .. }
            | Action::NeverMind { .. } => owners(role, Cell::Does),
            // An open form grows; the rows do not.
            Action::AnotherStuck | Action::Link => Cell::Nothing,
            Action::OpenNow(_) | Action::Unstuck(_) | Action::StillStuck(_) => askers(role),
            Action::Take(_) if role == Role::Owner => Cell::Says("It's your own stuck. Solved it? Press Resolve."),
            Action::Take(_) => members(role, Cell::Does, "Only members of the team can take this"),
            Action::Escalate(_) => members(role, Cell::Opens, "Only members of the team can escalate this"),
            Action::Answer(_) => members(role, Cell::Opens, "Only members of the team can answer this"),
            Action::NeedsMore(_) => members(role, Cell::Does, "Only members of the team can open this"),
            Action::Resolve(_) => concerned(role, Cell::Opens, "Only Ana, Cleo or a manager can resolve this."),
            Action::Reopen(_) => concerned(role, Cell::Does, "Only Ana, Cleo or a manager can re-open this."),
            Action::HandBack(_) => match role {
                Role::Taker | Role::Manager => Cell::Does,
                _ => Cell::Says("Only Cleo or a manager can hand this back."),
            },
        },
        Act::Submit(modal, _) => match modal {
            Modal::Form { .. } => owners(role, Cell::Does),
            Modal::Escalate(_) => members(role, Cell::Does, "Only members of the team can escalate this"),
            Modal::Answer(_) => members(role, Cell::Does, "Only members of the team can answer this"),
            Modal::Resolve(_) => concerned(role, Cell::Does, "Only Ana, Cleo or a manager can resolve this."),
        },
    }
}

fn owners(role: Role, allowed: Cell) -> Cell {
    if role == Role::Owner { allowed } else { Cell::Says("That's Ana's check-in. Only they can answer it.") }
}

fn askers(role: Role) -> Cell {
    if role == Role::Owner { Cell::Does } else { Cell::Says("Only Ana can say that: it's their stuck.") }
}

fn members(role: Role, allowed: Cell, outside: &'static str) -> Cell {
    match role {
        Role::Observer => Cell::Says("You follow this team"),
        role if role.is_outside() => Cell::Says(outside),
        _ => allowed,
    }
}

fn concerned(role: Role, allowed: Cell, others: &'static str) -> Cell {
    match role {
        Role::Owner | Role::Taker | Role::Manager => allowed,
        _ => Cell::Says(others),
    }
}

/// Tries every cell of a scene: those that change nothing on one stage, each of the others on a stage of its own.
async fn every_cell(which: Which, scene: Scene) {
    let first = stage(which, scene).await;
    let mut cells = 0;
    for number in 0..first.acts.len() {
        for role in Role::ALL {
            let expected = cell(&first.acts[number], role);
            cells += 1;
            if expected == Cell::Does {
                let fresh = stage(which, scene).await;
                check(&fresh, number, role, expected).await;
            } else {
                check(&first, number, role, expected).await;
            }
        }
    }
    assert_eq!(cells, first.acts.len() * Role::ALL.len());
    for act in &first.acts {
        match act {
            Act::Press(action) => assert_eq!(scene_of(action), scene),
            Act::Submit(modal, _) => assert_eq!(scene_of_modal(modal), scene),
        }
    }
}

async fn check(stage: &Stage, number: usize, role: Role, expected: Cell) {
    let act = &stage.acts[number];
    let cell = format!("{act:?} by {role:?}");
    let before = stage.rows().await;
    let said = stage.forge(act, role.who()).await;
    let changed = before != stage.rows().await;
    assert_eq!(changed, expected == Cell::Does, "{cell}: {said:?}");
    match expected {
        Cell::Does | Cell::Nothing => assert_eq!(said, [""; 0], "{cell}"),
        Cell::Opens => assert!(said.len() == 1 && said[0].contains("did not open"), "{cell}: {said:?}"),
        Cell::Says(words) => {
            assert!(said.len() == 1 && said[0].contains(words) && !said[0].contains('\n'), "{cell}: {said:?}");
        }
    }
}

async fn prompt(which: Which) {
    every_cell(which, Scene::Prompt).await;
}
async fn off(which: Which) {
    every_cell(which, Scene::Off).await;
}
async fn typed(which: Which) {
    every_cell(which, Scene::Typed).await;
}
async fn unfiled(which: Which) {
    every_cell(which, Scene::Unfiled).await;
}
async fn sized(which: Which) {
    every_cell(which, Scene::Sized).await;
}
async fn open(which: Which) {
    every_cell(which, Scene::Open).await;
}
async fn quick(which: Which) {
    every_cell(which, Scene::Quick).await;
}
async fn taken(which: Which) {
    every_cell(which, Scene::Taken).await;
}
async fn resolved(which: Which) {
    every_cell(which, Scene::Resolved).await;
}

/// Ben's own form and Ben's own buttons, with ids of Ana's rows in them: Ana's rows stay as they are.
async fn crossed(which: Which) {
    let stage = stage(which, Scene::Typed).await;
    let of_ana = stage.rows_of("U0ANA").await;
    assert!(of_ana.len() > 5, "{of_ana:?}");
    for act in stage.crossed("U0BEN", "U0ANA").await {
        stage.forge(&act, "U0BEN").await;
        assert_eq!(stage.rows_of("U0ANA").await, of_ana, "{act:?}");
    }
}

/// Every action and every modal that `action.rs` can read back stands in the table.
#[tokio::test]
async fn nothing_that_can_be_pressed_is_missing() {
    let source = include_str!("../../src/slack/view/action.rs");
    let words_of = |from: &str, to: &str| -> Vec<String> {
        let body = source.split(from).nth(1).and_then(|rest| rest.split(to).next()).expect("its body");
        let quoted = |line: &str| line.split('"').nth(1).map(str::to_owned);
        body.lines().filter(|line| line.contains("=>") && line.contains('"')).filter_map(quoted).collect()
    };
    let mut known = words_of("pub fn id(&self)", "pub fn value");
    known.extend(words_of("pub fn callback_id(&self)", "pub fn private_metadata"));
    assert!(known.len() > 25, "{known:?}");
    let scenes = [
        Scene::Prompt,
        Scene::Off,
        Scene::Typed,
        Scene::Unfiled,
        Scene::Sized,
        Scene::Open,
        Scene::Quick,
        Scene::Taken,
        Scene::Resolved,
    ];
    let mut tried = Vec::new();
    for scene in scenes {
        for act in stage(Which::Sqlite, scene).await.acts {
            tried.push(match act {
                Act::Press(action) => action.id(),
                Act::Submit(modal, _) => modal.callback_id(),
            });
        }
    }
    known.sort();
    tried.sort_unstable();
    assert_eq!(tried, known);
}
