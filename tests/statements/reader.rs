//! The statements of `src/store`, read off the sources: what stands in the calls that execute SQL,
//! with its names, pieces and macros put together. A call whose text cannot be put together is an
//! error, so that no statement is overlooked.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One text that the store executes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Executed {
    /// From the root of the repository.
    pub file: String,
    pub sql: String,
    /// How the call spells the first argument; empty where it has none.
    pub first: String,
}

type Tokens = Vec<TokenTree>;

/// What a name stands for: an expression and, of a macro, what its pieces are called.
#[derive(Clone, Default)]
struct Meaning {
    takes: Vec<String>,
    gives: Tokens,
}

#[derive(Default)]
struct Reader {
    macros: BTreeMap<String, Meaning>,
    constants: BTreeMap<String, Tokens>,
    file: String,
    /// What `let` has named so far, innermost last.
    names: Vec<(String, Tokens)>,
    found: Vec<Executed>,
}

/// The statements of a folder's sources, tests left out.
pub fn read(root: &Path, folder: &str) -> Vec<Executed> {
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files);
    let sources: Vec<(String, String)> = files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).expect("inside").to_str().expect("a plain name").to_owned();
            (name, fs::read_to_string(path).expect("text"))
        })
        .collect();
    statements(&sources)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("sources").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The same of texts, each with the name of its file.
pub fn statements(sources: &[(String, String)]) -> Vec<Executed> {
    let parsed: Vec<(&str, Tokens)> = sources
        .iter()
        .map(|(name, text)| (name.as_str(), text.parse::<TokenStream>().expect("Rust").into_iter().collect()))
        .collect();
    let tests: Vec<String> = parsed.iter().flat_map(|(_, tokens)| test_modules(tokens)).collect();
    let is_test = |name: &str| tests.iter().any(|test| name.ends_with(&format!("/{test}.rs")));
    let product: Vec<_> = parsed.into_iter().filter(|(name, _)| !is_test(name)).collect();
    let mut reader = Reader::default();
    for (_, tokens) in &product {
        reader.learn(tokens);
    }
    for (name, tokens) in &product {
        (*name).clone_into(&mut reader.file);
        reader.names.clear();
        reader.walk(tokens);
    }
    for (name, tokens) in &product {
        let mut literals = Vec::new();
        texts_within(tokens, &mut literals);
        for text in literals.iter().filter(|text| begins_a_statement(text)) {
            let used = reader.found.iter().any(|one| one.sql.contains(text.as_str()));
            assert!(used, "{name}: SQL that no call executes, as far as it can be seen: {text}");
        }
    }
    reader.found.sort();
    reader.found.dedup();
    reader.found
}

/// The macros of the store that execute a statement; `asked` is the body of those that ask for
/// rows.
const EXECUTES: [&str; 4] = ["run", "row", "rows", "asked"];

fn begins_a_statement(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let verbs = ["select", "insert", "update", "delete", "with", "replace", "merge", "truncate"];
    verbs.contains(&first.as_str()) && text.split_whitespace().count() > 3
}

fn is(token: Option<&TokenTree>, text: &str) -> bool {
    token.is_some_and(|token| !matches!(token, TokenTree::Group(_)) && token.to_string() == text)
}

fn group(token: Option<&TokenTree>) -> Option<Tokens> {
    match token {
        Some(TokenTree::Group(group)) => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

fn spelled(tokens: &[TokenTree]) -> String {
    tokens.iter().cloned().collect::<TokenStream>().to_string()
}

/// Parts between commas, or other signs, that stand in no brackets.
fn split(tokens: &[TokenTree], sign: &str) -> Vec<Tokens> {
    let parts = tokens.split(|token| is(Some(token), sign)).map(<[TokenTree]>::to_vec);
    parts.filter(|part| !part.is_empty()).collect()
}

/// `#[cfg(test)] mod plans;`
fn test_modules(tokens: &[TokenTree]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let test = token.to_string().replace(' ', "") == "[cfg(test)]";
        if test && is(tokens.get(at + 1), "mod") && is(tokens.get(at + 3), ";") {
            found.push(tokens[at + 2].to_string());
        }
    }
    found
}

fn texts_within(tokens: &[TokenTree], found: &mut Vec<String>) {
    // A comment that documents something is an attribute by now.
    if is(tokens.first(), "doc") {
        return;
    }
    for token in tokens {
        match token {
            TokenTree::Group(group) => texts_within(&group.stream().into_iter().collect::<Tokens>(), found),
            TokenTree::Literal(_) => found.extend(text(token)),
            _ => {}
        }
    }
}

/// The value of a literal, if it is a text.
fn text(token: &TokenTree) -> Option<String> {
    syn::parse2::<syn::LitStr>(token.clone().into()).ok().map(|literal| literal.value())
}

impl Reader {
    /// Constants, and macros of one rule, wherever they stand.
    fn learn(&mut self, tokens: &[TokenTree]) {
        for (at, token) in tokens.iter().enumerate() {
            let next = |by: usize| tokens.get(at + by);
            if is(Some(token), "macro_rules") && is(next(1), "!") {
                let name = next(2).expect("its name").to_string();
                let rule = group(next(3)).unwrap_or_default();
                let (takes, gives) = (group(rule.first()), group(rule.get(3)));
                let takes = takes.unwrap_or_default();
                let names = takes.windows(2).filter(|pair| is(pair.first(), "$")).map(|pair| pair[1].to_string());
                let executes = ["sqlx :: query", "run !", "row !", "rows !", "asked !"];
                let executes = executes.iter().any(|call| spelled(&rule).contains(call));
                assert!(!executes || EXECUTES.contains(&name.as_str()), "{name}! hides a statement");
                let meaning = Meaning { takes: names.collect(), gives: gives.unwrap_or_default() };
                self.macros.insert(name, meaning);
            } else if is(Some(token), "const") && is(next(2), ":") {
                let value = tokens[at..].split(|token| is(Some(token), ";")).next().unwrap_or_default();
                let value = value.split(|token| is(Some(token), "=")).nth(1).unwrap_or_default();
                self.constants.insert(next(1).expect("its name").to_string(), value.to_vec());
            } else if let TokenTree::Group(group) = token {
                self.learn(&group.stream().into_iter().collect::<Tokens>());
            }
        }
    }

    /// Finds what is executed, and remembers what `let` names on the way, until its block ends.
    fn walk(&mut self, tokens: &[TokenTree]) {
        let known = self.names.len();
        let mut at = 0;
        while at < tokens.len() {
            let next = |by: usize| tokens.get(at + by);
            if is(next(0), "macro_rules") {
                // What it gives is read where it is used.
                at += 4;
                continue;
            }
            if is(next(0), "let") {
                self.remember(&tokens[at..]);
            }
            let called = match (next(0), next(1)) {
                (Some(TokenTree::Ident(name)), bang) if is(bang, "!") => {
                    group(next(2)).map(|args| (name.to_string(), args))
                }
                (Some(TokenTree::Ident(name)), Some(TokenTree::Group(args)))
                    if args.delimiter() == Delimiter::Parenthesis && at > 0 && is(tokens.get(at - 1), ":") =>
                {
                    Some((format!("{name}()"), args.stream().into_iter().collect()))
                }
                _ => None,
            };
            if let Some((name, args)) = called {
                self.called(&name, &split(&args, ","));
            }
            if let Some(inner) = group(next(0)) {
                self.walk(&inner);
            }
            at += 1;
        }
        self.names.truncate(known);
    }

    /// `let sql = …;`. A name that may change stands for nothing that could be read.
    fn remember(&mut self, tokens: &[TokenTree]) {
        let statement = tokens.split(|token| is(Some(token), ";")).next().unwrap_or_default();
        let mut sides = statement.splitn(2, |token| is(Some(token), "="));
        match (sides.next(), sides.next()) {
            (Some([_, changing, name, ..]), _) if is(Some(changing), "mut") => {
                self.names.push((name.to_string(), Tokens::new()));
            }
            (Some([_, name] | [_, name, _, ..]), Some(value)) if matches!(name, TokenTree::Ident(_)) => {
                self.names.push((name.to_string(), value.to_vec()));
            }
            _ => {}
        }
    }

    fn called(&mut self, name: &str, args: &[Tokens]) {
        let (sql, first) = match name {
            "run" => (args.get(1), args.get(2)),
            "row" | "rows" => (args.get(2), args.get(3)),
            "query()" | "raw_sql()" | "query_scalar()" | "query_as()" => (args.first(), None),
            _ => return,
        };
        let sql = sql.unwrap_or_else(|| panic!("{}: {name} without a statement", self.file));
        let first = first.map(|tokens| spelled(tokens)).unwrap_or_default();
        for sql in self.texts(sql, &BTreeMap::new()) {
            self.found.push(Executed { file: self.file.clone(), sql, first: first.clone() });
        }
    }

    /// Every text that an expression may come to; `given` is what the names of a macro stand for.
    fn texts(&self, expression: &[TokenTree], given: &BTreeMap<String, Tokens>) -> Vec<String> {
        match expression {
            [literal] if text(literal).is_some() => text(literal).into_iter().collect(),
            [TokenTree::Ident(name)] => self.texts(self.meant(&name.to_string()), given),
            [TokenTree::Group(inner)] => self.texts(&inner.stream().into_iter().collect::<Tokens>(), given),
            [dollar, TokenTree::Ident(name), call @ ..] if is(Some(dollar), "$") => {
                let piece = given.get(&name.to_string()).unwrap_or_else(|| panic!("{}: ${name}", self.file));
                self.texts(&[piece.as_slice(), call].concat(), given)
            }
            [name, bang, TokenTree::Group(args)] if is(Some(bang), "!") => {
                let args = split(&args.stream().into_iter().collect::<Tokens>(), ",");
                self.made_by(&name.to_string(), &args, given)
            }
            [first, .., TokenTree::Group(yes), other, TokenTree::Group(no)]
                if is(Some(first), "if") && is(Some(other), "else") =>
            {
                let of =
                    |group: &proc_macro2::Group| self.texts(&group.stream().into_iter().collect::<Tokens>(), given);
                [of(yes), of(no)].concat()
            }
            other => panic!("{}: a statement that cannot be read: {}", self.file, spelled(other)),
        }
    }

    fn made_by(&self, name: &str, args: &[Tokens], given: &BTreeMap<String, Tokens>) -> Vec<String> {
        if name == "concat" {
            let pieces = args.iter().map(|piece| self.texts(piece, given));
            return pieces.fold(vec![String::new()], |made, piece| {
                made.iter().flat_map(|before| piece.iter().map(move |after| format!("{before}{after}"))).collect()
            });
        }
        let meaning = self.macros.get(name).unwrap_or_else(|| panic!("{}: {name}! is not known", self.file));
        self.texts(&meaning.gives, &meaning.takes.iter().cloned().zip(args.iter().cloned()).collect())
    }

    fn meant(&self, name: &str) -> &[TokenTree] {
        let local = self.names.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
        let value = local.or_else(|| self.constants.get(name));
        value.unwrap_or_else(|| panic!("{}: nobody knows what {name} stands for", self.file))
    }
}
