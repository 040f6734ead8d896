//! Who may press what: every button, pressed by everybody.

use super::scene::{REFUND, with_hal};
use crate::databases::{Which, both};
use crate::world::{TEAMS, World, key};

both! {
    an_open_one => super::open;
    a_taken_one => super::taken;
    a_resolved_one => super::resolved;
    a_quick_one => super::quick;
    what_only_the_asker_is_offered => super::askers;
    somebody_elses_prompt => super::prompts;
}

/// Ana asks, Ben and Cleo are agents, Jess manages, Noor observes, Zed is an outsider, Hal is named as able to help.
async fn named_hal(which: Which, size: &str) -> World {
    let world = with_hal(which).await;
    world.until("2026-05-18T06:00").await;
    world.sends_stuck("U0ANA", REFUND, "an admin", Some("U0HAL"), size).await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world
}

/// Presses, and is told privately why not: a line with these words. Nothing has changed.
async fn refused(world: &World, who: &str, label: &str, words: &str) {
    let message = offering(world, label);
    let before = (world.slack.ephemerals(who).len(), message.plain(), world.digest());
    let outcome = world.presses_on(who, &message, label).await;
    assert!(outcome.acked, "{who} {label}");
    assert!(world.slack.views(who).is_empty(), "{who} has a modal of {label} open");
    let lines = world.private(who, before.0 + 1).await;
    assert!(lines.last().unwrap().contains(words), "{who} {label}: {lines:?}");
    assert!(!lines.last().unwrap().contains('\n'), "one line: {lines:?}");
    world.seconds_pass(7).await;
    assert_eq!((offering(world, label).plain(), world.digest()), (before.1, before.2), "{who} {label}");
}

/// The modal opens; it is closed again without a word.
async fn opens(world: &World, who: &str, label: &str) {
    let before = world.slack.ephemerals(who).len();
    world.presses_on(who, &offering(world, label), label).await;
    assert_eq!(world.slack.views(who).len(), 1, "{who} may press {label}");
    world.slack.closes(who);
    assert_eq!(world.slack.ephemerals(who).len(), before, "{who} {label}");
}

fn offering(world: &World, label: &str) -> sandbox::Message {
    let all = world.everything("U0JESS", crate::world::SUPPORT).into_iter().rev();
    let mut all = all.filter(|message| !key(message).is_empty());
    all.find(|message| message.press(label).is_some()).unwrap_or_else(|| panic!("nobody is offered {label}"))
}

const FOLLOWS: &str = "You follow this team";
const OUTSIDE: &str = "Only members of the team can";

async fn open(which: Which) {
    let world = named_hal(which, "More than a minute").await;
    refused(&world, "U0ANA", "I'll take this", "It's your own stuck. Solved it? Press Resolve.").await;
    for label in ["I'll take this", "Resolve", "Escalate"] {
        refused(&world, "U0NOOR", label, FOLLOWS).await;
        refused(&world, "U0NOOR", label, "or ask Jess.").await;
        refused(&world, "U0ZED", label, OUTSIDE).await;
        refused(&world, "U0ZED", label, "or ask Jess to add you.").await;
    }
    for label in ["Resolve", "Escalate"] {
        for who in ["U0ANA", "U0BEN", "U0OMAR", "U0JESS", "U0HAL"] {
            opens(&world, who, label).await;
        }
    }
    for who in ["U0CLEO", "U0OMAR", "U0JESS", "U0HAL"] {
        world.does(who, "I'll take this").await;
        assert!(world.help()[0].contains(" has this"), "{who}: {:?}", world.help());
        world.does(who, "Hand back").await;
        assert!(world.help()[0].contains("Ana is stuck"), "{who}: {:?}", world.help());
    }
}

async fn taken(which: Which) {
    let world = named_hal(which, "More than a minute").await;
    let stale = world.keyed("help:").remove(0);
    world.does("U0BEN", "I'll take this").await;
    assert!(stale.plain().contains("I'll take this"));
    for (who, words) in [
        ("U0CLEO", "Only Ana, Ben or a manager can resolve this."),
        ("U0HAL", "Only Ana, Ben or a manager can resolve this."),
        ("U0NOOR", "Only Ana, Ben or a manager can resolve this."),
        ("U0ZED", "Only Ana, Ben or a manager can resolve this."),
    ] {
        refused(&world, who, "Resolve", words).await;
    }
    for who in ["U0ANA", "U0CLEO", "U0HAL", "U0NOOR", "U0ZED"] {
        refused(&world, who, "Hand back", "Only Ben or a manager can hand this back.").await;
    }
    refused(&world, "U0NOOR", "Escalate", FOLLOWS).await;
    refused(&world, "U0ZED", "Escalate", OUTSIDE).await;
    for who in ["U0BEN", "U0JESS"] {
        opens(&world, who, "Resolve").await;
    }
    world.presses_on("U0ANA", &offering(&world, "Resolve"), "Resolve").await;
    assert_eq!(world.slack.views("U0ANA").len(), 1);
    world.slack.closes("U0ANA");
    for who in ["U0BEN", "U0OMAR", "U0JESS"] {
        opens(&world, who, "Escalate").await;
    }
    world.does("U0JESS", "Hand back").await;
    assert!(world.help()[0].contains("Ana is stuck"));
    world.does("U0BEN", "I'll take this").await;
    world.does("U0BEN", "Hand back").await;
    assert!(world.help()[0].contains("Ana is stuck"));
}

async fn resolved(which: Which) {
    let world = named_hal(which, "More than a minute").await;
    world.does("U0BEN", "I'll take this").await;
    world.resolves("U0BEN", "role was missing").await;
    for who in ["U0CLEO", "U0HAL", "U0NOOR", "U0ZED"] {
        refused(&world, who, "Re-open", "Only Ana, Ben or a manager can re-open this.").await;
    }
    for who in ["U0ANA", "U0BEN", "U0JESS"] {
        world.does(who, "Re-open").await;
        assert!(world.help()[0].contains("Ana is stuck"), "{who}: {:?}", world.help());
        world.does("U0BEN", "I'll take this").await;
        world.resolves("U0BEN", "once more").await;
    }
}

async fn quick(which: Which) {
    let world = named_hal(which, "A minute or less").await;
    for label in ["Answer", "Needs more"] {
        refused(&world, "U0NOOR", label, FOLLOWS).await;
        refused(&world, "U0ZED", label, OUTSIDE).await;
    }
    for who in ["U0BEN", "U0OMAR", "U0JESS", "U0HAL"] {
        opens(&world, who, "Answer").await;
    }
    world.does("U0HAL", "Needs more").await;
    assert!(world.help()[0].contains("Ana is stuck"));
}

/// Buttons in a direct message are its reader's: a forged press of somebody else is refused all the same.
async fn askers(which: Which) {
    let world = named_hal(which, "More than a minute").await;
    world.does("U0BEN", "I'll take this").await;
    world.resolves("U0BEN", "role was missing").await;
    let asked = world.slack.history("U0ANA", &world.dm("U0ANA")).into_iter().next_back().unwrap();
    for label in ["Yes, thanks", "Still stuck"] {
        let act = asked.press(label).expect("the question");
        assert!(world.slack.acts("U0BEN", act).await.is_err(), "Slack itself shows it to nobody else");
    }
    world.does_in_dm("U0ANA", "Still stuck").await;
    assert!(world.help()[0].contains("Ana is stuck"));
}

/// A member who was taken out of the file may press no more; what they took is still theirs.
async fn prompts(which: Which) {
    let world = named_hal(which, "More than a minute").await;
    world.does("U0CLEO", "I'll take this").await;
    let without = TEAMS.replace("\"U0BEN\", \"U0CLEO\"", "\"U0BEN\"");
    assert_ne!(without, TEAMS);
    world.apply(&without).await;
    refused(&world, "U0CLEO", "Escalate", OUTSIDE).await;
    world.does("U0CLEO", "Hand back").await;
    assert!(world.help()[0].contains("Ana is stuck"));
    refused(&world, "U0CLEO", "I'll take this", OUTSIDE).await;
}
