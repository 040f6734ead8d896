use super::*;

const EXAMPLE: &str = include_str!("../../teams.example.toml");

/// Good, and each key on a line of its own.
const GOOD: &str = r#"[[team]]
name = "Tier 1"
channel = "C0SUPPORT"
timezone = "America/New_York"
managers = ["U0JESS"]
observers = ["U0OPS"]

[[team.shift]]
name = "Early"
starts = "0 6 * * Mon-Fri"
hours = 8
agents = ["U0ANA", "U0BEN"]
timezone = "agent"
collect = "15m"
"#;

fn problems(text: &str) -> Vec<(usize, String)> {
    parse(text).expect_err(text).into_iter().map(|problem| (problem.line, problem.reason)).collect()
}

/// The good file with one of its lines changed.
fn with_line(line: usize, changed: &str) -> String {
    let mut lines: Vec<&str> = GOOD.lines().collect();
    lines[line - 1] = changed;
    lines.join("\n")
}

#[test]
fn the_example_says_what_its_comments_say() {
    let teams = parse(EXAMPLE).unwrap().teams;
    let [team] = &teams[..] else { panic!("one team") };
    assert_eq!((&*team.name, &*team.channel, &*team.zone), ("Tier 1", "C0SUPPORT", "America/New_York"));
    assert_eq!((&team.managers[..], &team.observers[..]), (&["U0JESS".to_owned()][..], &["U0OPS".to_owned()][..]));
    let [early, late, night] = &team.shifts[..] else { panic!("three shifts") };
    assert_eq!(
        *early,
        ShiftSpec {
            name: "Early".to_owned(),
            starts: "0 6 * * Mon-Fri".to_owned(),
            minutes: 480,
            agents: vec!["U0ANA".to_owned(), "U0BEN".to_owned()],
            zone: ShiftZone::Team,
            collect_ms: 900_000,
        }
    );
    assert_eq!((late.minutes, late.collect_ms), (450, 900_000));
    assert_eq!((&night.zone, night.collect_ms), (&ShiftZone::Agent, 5_400_000));
}

#[test]
fn what_may_be_left_out_or_written_otherwise_is_read() {
    let shift = |line, changed| parse(&with_line(line, changed)).expect(changed).teams.remove(0).shifts.remove(0);
    assert!(parse(&with_line(6, "")).unwrap().teams[0].observers.is_empty());
    assert!(parse(&with_line(5, "managers = []")).unwrap().teams[0].managers.is_empty());
    assert_eq!(parse(&with_line(2, "name = \"  Stage 2 \"")).unwrap().teams[0].name, "Stage 2");
    assert_eq!(parse(&with_line(4, "timezone = \"europe/berlin\"")).unwrap().teams[0].zone, "Europe/Berlin");
    assert_eq!(shift(13, "").zone, ShiftZone::Team);
    assert_eq!(shift(13, "timezone = \"Asia/Kathmandu\"").zone, ShiftZone::Named("Asia/Kathmandu".to_owned()));
    assert_eq!(shift(14, "").collect_ms, 900_000);
    assert_eq!(shift(14, "collect = \"8h\"").collect_ms, 28_800_000);
    assert_eq!(shift(11, "hours = 24").minutes, 1_440);
    assert_eq!(shift(11, "hours = 0.3333").minutes, 20);
    assert_eq!(shift(10, "starts = \" 30 0 6 * * * \"").starts, "30 0 6 * * *");
    // The default window is never longer than the shift.
    let short = with_line(11, "hours = 0.1").replace("collect = \"15m\"", "");
    assert_eq!(parse(&short).unwrap().teams[0].shifts[0].collect_ms, 360_000);
    // An agent may be the manager, too, and may work two shifts.
    let twice =
        GOOD.replace("U0JESS", "U0ANA") + &GOOD[GOOD.find("[[team.shift]]").unwrap()..].replace("Early", "Late");
    assert_eq!(parse(&twice).unwrap().teams[0].shifts.len(), 2);
}

#[test]
fn each_mistake_is_named_with_its_line() {
    let long = format!("name = \"{}\"", "é".repeat(76));
    for (line, changed, reason) in [
        (2, "", "this team has no \"name\""),
        (3, "", "team \"Tier 1\" has no \"channel\""),
        (4, "", "team \"Tier 1\" has no \"timezone\""),
        (5, "", "team \"Tier 1\" has no \"managers\""),
        (9, "", "this shift has no \"name\""),
        (10, "", "shift \"Early\" has no \"starts\""),
        (11, "", "shift \"Early\" has no \"hours\""),
        (12, "", "shift \"Early\" has no \"agents\""),
        (2, "name = \" \"", "the name is empty"),
        (9, &long, "a name has at most 75 characters, and this one has 76"),
        (2, "name = \"a\\nb\"", "a name stands on one line"),
        (2, "name = 7", "name must be a text in quotes, not a number"),
        (3, "channel = \"#support\"", "\"#support\" is not a Slack channel id"),
        (3, "channel = \"U0JESS\"", "\"U0JESS\" is not a Slack channel id"),
        (4, "timezone = \"EST/EDT\"", "\"EST/EDT\" is not a time zone"),
        (4, "timezone = \"agent\"", "\"agent\" is not a time zone"),
        (5, "managers = \"U0JESS\"", "managers must be a list such as [\"U0ANA\"], not a text"),
        (5, "managers = [\"U0JESS\", 5]", "managers must hold texts in quotes, not a number"),
        (5, "managers = [\"@jess\"]", "\"@jess\" in managers is not a Slack user id"),
        (5, "managers = [\"u0jess\"]", "\"u0jess\" in managers is not a Slack user id"),
        (5, "managers = [\"U0JESS\", \"U0JESS\"]", "\"U0JESS\" stands twice in the managers of team \"Tier 1\""),
        (6, "observers = [\"C0OPS\"]", "\"C0OPS\" in observers is not a Slack user id"),
        (10, "starts = \"0 6,14 * * *\"", "hour \"6,14\" is more than one start a day: write two shifts"),
        (10, "starts = \"0 6 * * 1-5\"", "write weekdays by name"),
        (11, "hours = 0", "hours must be more than 0 and at most 24, not 0"),
        (11, "hours = 24.5", "hours must be more than 0 and at most 24, not 24.5"),
        (11, "hours = nan", "hours must be more than 0 and at most 24, not NaN"),
        (11, "hours = 99999999999999999999", "hours must be more than 0 and at most 24"),
        (11, "hours = \"8\"", "hours must be a number such as 8 or 7.5, not a text"),
        (12, "agents = []", "shift \"Early\" has no agents"),
        (12, "agents = [\"U0ANA\", \"U0ANA\"]", "\"U0ANA\" stands twice in the agents of shift \"Early\""),
        (12, "agents = [\"Ana\"]", "\"Ana\" in agents is not a Slack user id"),
        (12, "agents = [\"U0OPS\"]", "\"U0OPS\" is an observer of the team (line 6) and cannot be its agent"),
        (13, "timezone = \"Agent\"", "\"agent\" is written in small letters"),
        (13, "timezone = \"agents\"", "\"agents\" is not a time zone"),
        (14, "collect = \"15\"", "\"15\" is not a duration: write one such as \"15m\""),
        (14, "collect = 15", "collect must be a text in quotes, not a number"),
        (14, "collect = \"0s\"", "collect must be at least 1s"),
        (14, "collect = \"8h1s\"", "collect (8h1s) is longer than the shift (8h)"),
        (4, "timezone = \"UTC\"\ntimzone = \"UTC\"", "unknown key \"timzone\": did you mean \"timezone\"?"),
        (5, "managers = []\nmanager = []", "unknown key \"manager\": did you mean \"managers\"?"),
        (11, "hours = 8\nHours = 8", "unknown key \"Hours\": did you mean \"hours\"?"),
        (13, "zone = \"agent\"", "unknown key \"zone\": did you mean \"timezone\"?"),
        (13, "colour = \"red\"", "shift \"Early\" may hold name, starts, hours, agents, timezone, collect"),
        (1, "[[teams]]", "unknown key \"teams\": did you mean \"team\"?"),
    ] {
        let found = problems(&with_line(line, changed));
        // A line that is missing is missing from its table; an unknown key of these stands below a good line.
        let expected = match changed {
            "" if line < 8 => 1,
            "" => 8,
            _ if changed.contains('\n') => line + 1,
            _ => line,
        };
        assert_eq!(found[0].0, expected, "{changed:?}: {found:?}");
        assert!(found[0].1.contains(reason), "{changed:?}: {found:?}");
        assert!(found.len() == 1 || changed == "[[teams]]", "{changed:?}: {found:?}");
    }
}

#[test]
fn names_are_used_once() {
    let teams = format!("{GOOD}\n{GOOD}");
    assert_eq!(problems(&teams), [(17, "two teams are called \"Tier 1\": the first stands on line 2".to_owned())]);
    let shifts = format!("{GOOD}\n{}", &GOOD[GOOD.find("[[team.shift]]").unwrap()..]);
    assert_eq!(problems(&shifts), [(17, "two shifts are called \"Early\": the first stands on line 9".to_owned())]);
    // The same shift name in another team is another shift.
    assert_eq!(parse(&format!("{GOOD}\n{}", GOOD.replace("Tier 1", "Tier 2"))).unwrap().teams.len(), 2);
}

#[test]
fn every_mistake_is_reported_and_in_the_order_of_lines() {
    let text = GOOD
        .replace("C0SUPPORT", "support")
        .replace("hours = 8", "hours = 25")
        .replace("\"U0ANA\", \"U0BEN\"", "\n\"U0ANA\",\n\"ben\",\n\"U0ANA\"")
        .replace("collect", "colect");
    let lines: Vec<usize> = problems(&text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 11, 14, 15, 17]);
}

#[test]
fn a_file_without_its_tables_is_refused() {
    let shift = GOOD.find("[[team.shift]]").unwrap();
    for (text, expected) in [
        ("", (1, "the file has no team: add a [[team]]")),
        ("# nothing\n", (1, "the file has no team: add a [[team]]")),
        ("team = []", (1, "the file has no team: add a [[team]]")),
        ("\nteam = 5", (2, "write [[team]], with two brackets on each side")),
        ("team = [5]", (1, "a team is written as [[team]], not as a number")),
        (&GOOD[..shift], (1, "team \"Tier 1\" has no shift: add a [[team.shift]]")),
        (&GOOD.replace("[[team]]", "[team]"), (1, "write [[team]], with two brackets on each side")),
        (&GOOD.replace("[[team.shift]]", "[team.shift]"), (8, "write [[team.shift]], with two brackets on each side")),
    ] {
        assert_eq!(problems(text), [(expected.0, expected.1.to_owned())], "{text}");
    }
}

#[test]
fn broken_syntax_is_reported_with_its_lines() {
    let text = GOOD.replace("\"Tier 1\"", "\"Tier 1").replace("hours = 8", "hours = ").replace("\"15m\"", "15m");
    let found = problems(&text);
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<usize>>(), [2, 11, 14], "{found:?}");
    assert_eq!(problems(&with_line(4, "name = \"again\""))[0].0, 4);
}
