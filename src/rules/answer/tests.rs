use super::*;
use proptest::prelude::*;

fn ts(at: u32) -> Ts {
    Ts(format!("17000000{at:02}.000100"))
}

/// A message that is a run of its own.
fn said(at: u32, text: &str) -> Said {
    Said { ts: ts(at), run: i64::from(at), text: text.to_owned(), deleted: false, beyond: false }
}

fn press(at: u32, what: What) -> Press {
    Press { at: ts(at), what }
}

/// What the answer says, short enough for a table: `p` priority, `s?` `s1` `s+` stuck, `u` unfiled, `0` none.
fn shown(answer: &Answer) -> Vec<String> {
    let mark = |filed: &Filed| match filed {
        Filed::Priority => "p",
        Filed::Stuck { size: None } => "s?",
        Filed::Stuck { size: Some(Size::Minute) } => "s1",
        Filed::Stuck { size: Some(Size::More) } => "s+",
        Filed::Unfiled => "u",
        Filed::Nothing => "0",
    };
    answer.lines.iter().map(|line| format!("{} {}", mark(&line.filed), line.text)).collect()
}

enum Do {
    Say(&'static str),
    /// In the same run as the message before it.
    Also(&'static str),
    Gone(&'static str),
    Tap(What),
    Form,
}
use Do::*;

/// Plays the steps at 0, 1, 2 …
fn play(steps: &[Do]) -> Answer {
    let (mut talk, mut presses, mut form, mut run) = (Vec::new(), Vec::new(), None, 0);
    for (at, step) in (0u32..).zip(steps) {
        let mut hear = |text: &str, run: u32, deleted| {
            talk.push(Said { run: i64::from(run), deleted, ..said(at, text) });
        };
        if matches!(step, Say(_) | Gone(_)) {
            run = at;
        }
        match step {
            Say(text) | Also(text) => hear(text, run, false),
            Gone(text) => hear(text, run, true),
            Tap(what) => presses.push(press(at, what.clone())),
            Form => form = Some(ts(at)),
        }
    }
    fold(&talk, &presses, form.as_ref(), 0)
}

fn size(said: u32, line: usize, size: Size) -> Do {
    Tap(What::Size { said: ts(said), line, size })
}

fn stuck(said: u32, line: usize) -> Do {
    Tap(What::Stuck { said: ts(said), line })
}

fn priority(said: u32, line: usize) -> Do {
    Tap(What::Priority { said: ts(said), line })
}

const STUCK: Do = Tap(What::ImStuck);
const NOTHING: Do = Tap(What::Nothing);

fn check(name: &str, steps: &[Do], lines: &[&str], asking: Asking, complete: bool, nothing: bool) {
    let answer = play(steps);
    assert_eq!(shown(&answer), lines, "{name}");
    assert_eq!((answer.asking, answer.complete, answer.nothing), (asking, complete, nothing), "{name}");
}

#[test]
fn the_conversation_of_the_reference() {
    const A: &str = "clear the refund backlog";
    const B: &str = "write the sale macro";
    const S: &str = "refund tool says 403 for EU orders, need someone with admin";
    let (pa, pb) = (format!("p {A}"), format!("p {B}"));
    let (open, more) = (format!("s? {S}"), format!("s+ {S}"));
    let whole = || vec![Say(A), Also(B), STUCK, Say(S), size(3, 0, Size::More)];
    let upto = |count: usize| whole().into_iter().take(count).collect::<Vec<_>>();
    check("start", &upto(0), &[], Asking::Priorities, false, false);
    check("one", &upto(1), &[&pa], Asking::Priorities, false, false);
    check("two", &upto(2), &[&pa, &pb], Asking::Priorities, false, false);
    check("asked", &upto(3), &[&pa, &pb], Asking::AStuck, false, false);
    check("unsized", &upto(4), &[&pa, &pb, &open], Asking::Priorities, false, false);
    check("sized", &upto(5), &[&pa, &pb, &more], Asking::NothingOpen, true, false);
    let mut back = upto(4);
    back.push(priority(3, 0));
    check("a priority after all", &back, &[&pa, &pb, &format!("p {S}")], Asking::Priorities, false, false);
}

#[test]
fn what_is_typed_counts_as() {
    use Asking::*;
    check("nothing at once", &[NOTHING], &[], Priorities, true, true);
    check("typing later", &[NOTHING, Say("a\nb")], &["p a", "p b"], NothingOpen, true, true);
    check("one run", &[NOTHING, Say("a"), Also("b"), Say("c")], &["p a", "p b", "u c"], NothingOpen, true, true);
    check("none typed", &[Say("a"), Say("No blockers.")], &["p a", "0 No blockers."], NothingOpen, true, true);
    check(
        "not a none",
        &[Say("none, but I need the password")],
        &["p none, but I need the password"],
        Priorities,
        false,
        false,
    );
    check("says so", &[Say("Stuck on the printer")], &["s? the printer"], Priorities, false, false);
    check("says none", &[Say("stuck: none")], &["0 none"], Priorities, true, true);
    check("says only so", &[Say("I'm stuck"), Say("x\ny")], &["s? x\ny"], Priorities, false, false);
    check("a list", &[STUCK, Say("- x\n- y"), Say("z")], &["s? x", "s? y", "p z"], Priorities, false, false);
    check(
        "half sized",
        &[STUCK, Say("- x\n- y"), size(1, 1, Size::Minute)],
        &["s? x", "s1 y"],
        Priorities,
        false,
        false,
    );
    check(
        "last size",
        &[STUCK, Say("x"), size(1, 0, Size::Minute), size(1, 0, Size::More)],
        &["s+ x"],
        NothingOpen,
        true,
        false,
    );
    check("unsized keeps", &[STUCK, Say("x"), Say("y")], &["s? x", "p y"], Priorities, false, false);
    check("a picture", &[STUCK, Say(""), Say("x")], &["s? x"], Priorities, false, false);
    check("deleted", &[STUCK, Gone("x"), Say("y")], &["p y"], Priorities, false, false);
    check("edited to none", &[STUCK, Say("none"), Say("y")], &["0 none", "p y"], NothingOpen, true, true);
}

#[test]
fn what_closes_and_what_opens_again() {
    use Asking::*;
    let sized = || vec![STUCK, Say("x"), size(1, 0, Size::Minute)];
    let after = |more: Vec<Do>| sized().into_iter().chain(more).collect::<Vec<_>>();
    check("unfiled", &after(vec![Say("y\nz")]), &["s1 x", "u y\nz"], NothingOpen, true, false);
    let add = |what: fn(Ts) -> What| after(vec![Say("y\nz"), Tap(what(ts(3)))]);
    check("add", &add(|said| What::AddAsPriority { said }), &["s1 x", "p y", "p z"], NothingOpen, true, false);
    check("add stuck", &add(|said| What::AddAsStuck { said }), &["s1 x", "s? y\nz"], Priorities, false, false);
    check("never mind", &add(|said| What::NeverMind { said }), &["s1 x"], NothingOpen, true, false);
    let twice = after(vec![
        Say("y"),
        Tap(What::NeverMind { said: ts(3) }),
        Tap(What::AddAsStuck { said: ts(3) }),
        size(3, 0, Size::More),
        Tap(What::AddAsStuck { said: ts(3) }),
    ]);
    check("the last word", &twice, &["s1 x", "s+ y"], NothingOpen, true, false);
    check("another", &after(vec![STUCK]), &["s1 x"], AStuck, true, false);
    check("another said", &after(vec![STUCK, Say("y")]), &["s1 x", "s? y"], Priorities, false, false);
    check("nothing after", &after(vec![NOTHING]), &["s1 x"], NothingOpen, true, true);
    check("nothing for the size", &[STUCK, Say("x"), NOTHING], &["s? x"], NothingOpen, true, true);
    check("nothing takes the ask back", &[STUCK, NOTHING, Say("x")], &["p x"], NothingOpen, true, true);
    check("a stuck cancels none", &[NOTHING, STUCK, Say("x")], &["s? x"], Priorities, false, false);
    check("not a stuck after all", &[NOTHING, STUCK, Say("x"), priority(2, 0)], &["p x"], NothingOpen, true, true);
    check("form", &[Say("a"), Form, Say("b")], &["p a", "u b"], NothingOpen, true, false);
    check("form takes the ask back", &[STUCK, Form, Say("b")], &["u b"], NothingOpen, true, false);
    check("form, then a stuck", &[Form, Say("stuck x"), Say("b")], &["s? x", "p b"], Priorities, true, false);
}

#[test]
fn filed_another_way() {
    use Asking::*;
    let three = || Say("a\nb\nc");
    check("line", &[three(), stuck(0, 1)], &["p a", "s? b", "p c"], Priorities, false, false);
    check("and back", &[three(), stuck(0, 1), priority(0, 1)], &["p a", "p b", "p c"], Priorities, false, false);
    check("no such line", &[three(), stuck(0, 7), stuck(9, 0)], &["p a", "p b", "p c"], Priorities, false, false);
    check("whole", &[STUCK, three(), priority(1, 0)], &["p a", "p b", "p c"], Priorities, false, false);
    check("opening", &[Say("stuck on a"), priority(0, 0)], &["p a"], Priorities, false, false);
    check("size of a priority", &[Say("a"), size(0, 0, Size::More)], &["p a"], Priorities, false, false);
    check("already", &[Say("stuck a"), size(0, 0, Size::More), stuck(0, 0)], &["s+ a"], NothingOpen, true, false);
    check("unfiled line", &[Form, Say("a\nb"), priority(1, 0)], &["p a", "p b"], NothingOpen, true, false);
    check("none stays none", &[Say("no"), stuck(0, 0)], &["0 no"], Priorities, true, true);
    let places: Vec<_> = play(&[three(), Say("d")]).lines.iter().map(|line| (line.said.clone(), line.line)).collect();
    assert_eq!(places, [(ts(0), 0), (ts(0), 1), (ts(0), 2), (ts(1), 0)]);
}

#[test]
fn a_press_never_comes_before_its_message() {
    let early = Press { at: ts(1), what: What::Size { said: ts(5), line: 0, size: Size::Minute } };
    assert_eq!(shown(&fold(&[said(5, "stuck x")], &[early], None, 0)), ["s1 x"]);
}

#[test]
fn presses_are_rows() {
    let (said, line) = (ts(1), 2);
    for what in [
        What::ImStuck,
        What::Nothing,
        What::Size { said: said.clone(), line, size: Size::Minute },
        What::Size { said: said.clone(), line, size: Size::More },
        What::Priority { said: said.clone(), line },
        What::Stuck { said: said.clone(), line },
        What::AddAsPriority { said: said.clone() },
        What::AddAsStuck { said: said.clone() },
        What::NeverMind { said },
    ] {
        let (name, said, line) = what.row();
        assert_eq!(What::from_row(name, said, line), Some(what.clone()));
    }
    assert_eq!(What::from_row("dance", "", 0), None);
    assert_eq!(What::from_row("stuck", "1.0", -1), None);
}

#[test]
fn an_edit_moves_what_was_pressed() {
    let before = [Say("stuck:\n- x\n- y"), size(0, 0, Size::Minute), size(0, 1, Size::More)];
    let lines = play(&before).lines;
    let minute = |line| What::Size { said: ts(0), line, size: Size::Minute };
    assert_eq!(minute(0).moved(&lines, "stuck:\n- new\n- x\n- y"), Some(minute(1)));
    assert_eq!(minute(0).moved(&lines, "stuck:\n- x!\n- y"), Some(minute(0)));
    assert_eq!(minute(0).moved(&lines, "stuck: y"), None);
    assert_eq!(What::Nothing.moved(&lines, "y"), Some(What::Nothing));
    let whole = play(&[STUCK, Say("x\ny")]).lines;
    assert_eq!(minute(0).moved(&whole, "z\nx\ny"), Some(minute(0)));
}

fn texts() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b\nc",
        "none",
        "stuck on d",
        "I'm stuck",
        "- e\n- f",
        "stuck:\n- g\n- h",
        "nope!",
        "",
        "-",
        "stuck: none",
    ])
    .prop_map(str::to_owned)
}

fn talks() -> impl Strategy<Value = Vec<Said>> {
    let one = (texts(), 0..4i64, prop::bool::weighted(0.1));
    prop::collection::vec(one, 0..7).prop_map(|all| {
        let at = (0u32..).step_by(5);
        at.zip(all).map(|(at, (text, run, deleted))| Said { run, deleted, ..said(at, &text) }).collect()
    })
}

fn whats() -> impl Strategy<Value = What> {
    let place = || ((0..8u32).prop_map(|at| ts(at * 5)), 0..3usize);
    prop_oneof![
        Just(What::ImStuck),
        Just(What::Nothing),
        (place(), prop::bool::ANY).prop_map(|((said, line), minute)| {
            let size = if minute { Size::Minute } else { Size::More };
            What::Size { said, line, size }
        }),
        place().prop_map(|(said, line)| What::Priority { said, line }),
        place().prop_map(|(said, line)| What::Stuck { said, line }),
        place().prop_map(|(said, _)| What::AddAsPriority { said }),
        place().prop_map(|(said, _)| What::AddAsStuck { said }),
        place().prop_map(|(said, _)| What::NeverMind { said }),
    ]
}

fn presses() -> impl Strategy<Value = Vec<Press>> {
    prop::collection::vec((0..40u32, whats()).prop_map(|(at, what)| press(at, what)), 0..8)
}

fn form() -> impl Strategy<Value = Option<Ts>> {
    prop::option::weighted(0.2, (0..40u32).prop_map(ts))
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        (talk, shuffled) in talks().prop_flat_map(|all| {
            let twice: Vec<_> = all.iter().chain(&all).cloned().collect();
            (Just(all), Just(twice).prop_shuffle())
        }),
        (presses, pressed) in presses().prop_flat_map(|all| {
            let twice: Vec<_> = all.iter().chain(&all).cloned().collect();
            (Just(all), Just(twice).prop_shuffle())
        }),
        form in form(),
    ) {
        prop_assert_eq!(fold(&talk, &presses, form.as_ref(), 0), fold(&shuffled, &pressed, form.as_ref(), 0));
    }

    #[test]
    fn a_later_message_files_nothing_anew(talk in talks(), presses in presses(), form in form(), text in texts(), run in 0..4i64) {
        let before = fold(&talk, &presses, form.as_ref(), 0);
        let mut talk = talk;
        talk.push(Said { run, ..said(90, &text) });
        let after = fold(&talk, &presses, form.as_ref(), 0);
        let (old, new): (Vec<_>, Vec<_>) = after.lines.into_iter().partition(|line| line.said != ts(90));
        prop_assert_eq!(old, before.lines);
        // It is taken for what was asked, but for what it says of itself and for a run that goes on.
        if before.asking == Asking::AStuck {
            prop_assert!(!new.iter().any(|line| matches!(line.filed, Filed::Priority | Filed::Unfiled)));
        }
    }

    #[test]
    fn the_answer_agrees_with_itself(talk in talks(), presses in presses(), form in form()) {
        let answer = fold(&talk, &presses, form.as_ref(), 0);
        let sizes: Vec<_> = answer.lines.iter().filter_map(|line| match line.filed {
            Filed::Stuck { size } => Some(size),
            _ => None,
        }).collect();
        let sized = !sizes.is_empty() && sizes.iter().all(Option::is_some);
        prop_assert_eq!(answer.complete, answer.nothing || sized || form.is_some());
        prop_assert!(answer.asking != Asking::NothingOpen || answer.complete);
        let mut places: Vec<_> = answer.lines.iter().map(|line| (&line.said, line.line)).collect();
        let count = places.len();
        places.dedup();
        prop_assert_eq!(places.len(), count);
        prop_assert!(places.is_sorted());
        for line in &answer.lines {
            prop_assert!(!line.text.trim().is_empty());
            prop_assert!(!talk.iter().any(|said| said.deleted && said.ts == line.said));
        }
    }
}
