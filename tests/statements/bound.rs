//! Whether a statement reaches the rows of one workspace only, as it is written: each table in it
//! is bound to `$1` by itself, whatever the others are bound to. A planner that splits the tables
//! by workspace follows `b.workspace = a.workspace` through a join and not into a sub-query; and
//! where each table says it, no edit of one condition sets another table free.

use sqlparser::ast::{
    Assignment, BinaryOperator, ConflictTarget, Delete, Expr, FromTable, Insert, JoinConstraint, JoinOperator,
    ObjectName, OnConflict, OnConflictAction, OnInsert, Query, Select, SelectItem, SetExpr, Statement, TableAlias,
    TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind, Value, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// What is wrong with a statement; nothing if it is well. `tables` are those that hold rows of
/// workspaces.
pub fn wrong(sql: &str, tables: &BTreeSet<String>) -> Vec<String> {
    let statements = match Parser::parse_sql(&PostgreSqlDialect {}, sql) {
        Ok(statements) => statements,
        Err(error) => return vec![format!("cannot be read: {error}")],
    };
    let mut judge = Judge { tables, ctes: BTreeSet::new(), met: 0, judged: 0, wrong: Vec::new() };
    let _ = statements.visit(&mut judge);
    if judge.met == 0 {
        judge.tells("it names no table");
    }
    if judge.met != judge.judged {
        judge.tells("a table stands where this test does not look");
    }
    judge.wrong
}

struct Judge<'t> {
    tables: &'t BTreeSet<String>,
    /// Names that stand for a query of the statement itself, which is judged where it is written.
    ctes: BTreeSet<String>,
    /// How many tables the statement names, and how many of them were judged.
    met: usize,
    judged: usize,
    wrong: Vec<String>,
}

/// What one `from`, `update` or `delete` reads, and which of it is bound.
#[derive(Default)]
struct Scope {
    relations: Vec<Relation>,
    bound: BTreeSet<String>,
}

#[derive(Clone)]
struct Relation {
    /// By which conditions know it.
    name: String,
    is_table: bool,
}

impl Visitor for Judge<'_> {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            // Its parts are visited one by one.
            Statement::Query(_) => {}
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            other => self.tells(&format!("neither select, insert, update nor delete: {other}")),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = &cte.alias.name.value;
            if self.tables.contains(name) {
                self.tells(&format!("{name} is a table, and a query of the statement has its name"));
            }
            self.ctes.insert(name.clone());
        }
        if matches!(*query.body, SetExpr::Table(_) | SetExpr::Merge(_)) {
            self.tells("`table` and `merge` have no place for a condition");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.into.is_some() {
            self.tells("`select into` makes a table");
        }
        self.judge(select.from.iter(), select.selection.as_ref());
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = relation.to_string();
        if self.tables.contains(&name) {
            self.met += 1;
        } else if !self.ctes.contains(&name) {
            self.tells(&format!("{name} is no table of ours"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Case { operand: Some(_), .. }) {
            self.tells("`case x when`: say `case when x =`");
        }
        ControlFlow::Continue(())
    }
}

impl Judge<'_> {
    fn tells(&mut self, what: &str) {
        self.wrong.push(what.to_owned());
    }

    fn judge<'f>(&mut self, from: impl Iterator<Item = &'f TableWithJoins>, condition: Option<&Expr>) {
        let mut scope = Scope::default();
        for joined in from {
            let relations = self.joined(joined, &mut scope.bound);
            scope.relations.extend(relations);
        }
        if let Some(condition) = condition {
            // Where a scope has one relation alone, a column without a name before it is that
            // one's.
            let alone = scope.relations.len() == 1;
            bind(condition, &scope.relations, alone, &mut scope.bound);
        }
        for relation in scope.relations.iter().filter(|relation| relation.is_table) {
            self.judged += 1;
            if !scope.bound.contains(&relation.name) {
                self.tells(&format!("{} is not bound to $1 by itself", relation.name));
            }
        }
    }

    fn joined(&mut self, from: &TableWithJoins, bound: &mut BTreeSet<String>) -> Vec<Relation> {
        let mut left = self.factor(&from.relation, bound);
        for join in &from.joins {
            let right = self.factor(&join.relation, bound);
            let all = || [left.as_slice(), right.as_slice()].concat();
            // An outer join keeps the rows of one side whatever its condition says, so the
            // condition binds the other alone.
            let (constraint, binds) = match &join.join_operator {
                JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::CrossJoin(on) => (on, all()),
                JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (on, right.clone()),
                JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (on, left.clone()),
                JoinOperator::FullOuter(on) => (on, Vec::new()),
                other => {
                    self.tells(&format!("an unusual join: {other:?}"));
                    (&JoinConstraint::None, Vec::new())
                }
            };
            if let JoinConstraint::On(condition) = constraint {
                bind(condition, &binds, false, bound);
            }
            left.extend(right);
        }
        left
    }

    fn factor(&mut self, factor: &TableFactor, bound: &mut BTreeSet<String>) -> Vec<Relation> {
        let called = |alias: &Option<TableAlias>| alias.as_ref().map(|alias| alias.name.value.clone());
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
                    self.tells(&format!("the columns of {name} have other names here"));
                }
                let name = name.to_string();
                let is_table = self.tables.contains(&name);
                vec![Relation { name: called(alias).unwrap_or(name), is_table }]
            }
            TableFactor::Derived { alias, .. } => {
                vec![Relation { name: called(alias).unwrap_or_default(), is_table: false }]
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.joined(table_with_joins, bound),
            other => {
                self.tells(&format!("neither a table nor a query: {other}"));
                Vec::new()
            }
        }
    }

    fn insert(&mut self, insert: &Insert) {
        self.judged += usize::from(matches!(insert.table, TableObject::TableName(_)));
        if insert.or.is_some() || insert.replace_into {
            self.tells("an insert that takes other rows away");
        }
        let at = insert.columns.iter().position(|column| column.to_string() == "workspace");
        match (at, &insert.source) {
            (Some(at), Some(rows)) if gives_first(&rows.body, at) => {}
            _ => self.tells("the workspace of what is inserted is not $1"),
        }
        match &insert.on {
            None => {}
            Some(OnInsert::OnConflict(OnConflict { conflict_target, action })) => {
                let OnConflictAction::DoUpdate(update) = action else { return };
                self.keeps_its_workspace(&update.assignments);
                let names = |column: &sqlparser::ast::Ident| column.value == "workspace";
                let met = matches!(conflict_target, Some(ConflictTarget::Columns { columns, .. })
                    if columns.iter().any(names));
                if !met {
                    self.tells("what is met by an insert may be another workspace's");
                }
            }
            Some(other) => self.tells(&format!("an unusual insert: {other}")),
        }
    }

    fn update(&mut self, update: &Update) {
        let from = match &update.from {
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => from.as_slice(),
            None => &[],
        };
        self.keeps_its_workspace(&update.assignments);
        self.judge(std::iter::once(&update.table).chain(from), update.selection.as_ref());
    }

    fn delete(&mut self, delete: &Delete) {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        self.judge(from.iter().chain(delete.using.iter().flatten()), delete.selection.as_ref());
    }

    fn keeps_its_workspace(&mut self, assignments: &[Assignment]) {
        if assignments.iter().any(|set| set.target.to_string().contains("workspace")) {
            self.tells("a row does not change its workspace");
        }
    }
}

/// Notes which of these relations a condition binds. What stands beside an `or` or under a `not`
/// binds nothing.
fn bind(condition: &Expr, relations: &[Relation], alone: bool, bound: &mut BTreeSet<String>) {
    match condition {
        Expr::Nested(inner) => bind(inner, relations, alone, bound),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            bind(left, relations, alone, bound);
            bind(right, relations, alone, bound);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let column = if is_first(right) { left } else { right };
            if !is_first(left) && !is_first(right) {
                return;
            }
            let named = match &**column {
                Expr::CompoundIdentifier(path) => match path.as_slice() {
                    [relation, column] if column.value == "workspace" => {
                        relations.iter().find(|one| one.name == relation.value)
                    }
                    _ => None,
                },
                Expr::Identifier(column) if alone && column.value == "workspace" => relations.first(),
                _ => None,
            };
            bound.extend(named.map(|relation| relation.name.clone()));
        }
        _ => {}
    }
}

/// The first argument, which is the transaction's workspace.
fn is_first(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if name == "$1"))
}

/// Whether the column at this place is `$1` in every row that a query gives.
fn gives_first(rows: &SetExpr, at: usize) -> bool {
    match rows {
        SetExpr::Values(values) => values.rows.iter().all(|row| row.get(at).is_some_and(is_first)),
        SetExpr::Select(select) => match select.projection.get(at) {
            Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
                // A `*` before it would move it.
                let plain =
                    |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
                is_first(expr) && select.projection[..at].iter().all(plain)
            }
            _ => false,
        },
        SetExpr::Query(query) => gives_first(&query.body, at),
        SetExpr::SetOperation { left, right, .. } => gives_first(left, at) && gives_first(right, at),
        _ => false,
    }
}
