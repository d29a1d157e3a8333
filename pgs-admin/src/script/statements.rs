use super::scanner::{Scanner, Token};

/// One statement of a script: where it begins, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) line: usize,
    /// Its first words, in capitals.
    words: Vec<String>,
}

impl Statement {
    /// Whether it would end, or leave, the transaction that every script is. Savepoints do neither.
    pub(super) fn controls_the_transaction(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["ROLLBACK", "TO", ..] | ["ROLLBACK", "WORK" | "TRANSACTION", "TO", ..] => false,
            [
                "BEGIN" | "START" | "COMMIT" | "END" | "ABORT" | "ROLLBACK",
                ..,
            ] => true,
            ["PREPARE", second, ..] => *second == "TRANSACTION",
            _ => false,
        }
    }

    /// Whether its body may be statements between `BEGIN ATOMIC` and `END`.
    fn makes_a_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            words.as_slice(),
            ["CREATE", "FUNCTION" | "PROCEDURE", ..]
                | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE", ..]
        )
    }
}

/// The statements of a script, as psql tells them apart.
pub(super) fn split(sql: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut scanner = Scanner::new(sql);
    let mut current = Current::default();
    while let Some((line, token)) = scanner.next() {
        if token == Token::Symbol(';') && current.is_level() {
            statements.extend(current.take());
        } else {
            current.push(line, &token);
        }
    }
    statements.extend(current.take());
    statements
}

#[derive(Default)]
struct Current {
    statement: Option<Statement>,
    parentheses: usize,
    blocks: usize,
}

impl Current {
    fn is_level(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    fn take(&mut self) -> Option<Statement> {
        std::mem::take(self).statement
    }

    fn push(&mut self, line: usize, token: &Token<'_>) {
        let statement = self.statement.get_or_insert_with(|| Statement {
            line,
            words: Vec::new(),
        });
        match token {
            Token::Symbol('(') => self.parentheses += 1,
            Token::Symbol(')') => self.parentheses = self.parentheses.saturating_sub(1),
            Token::Word(word) => {
                let word = word.to_ascii_uppercase();
                let in_routine = statement.makes_a_routine();
                if statement.words.len() < WORDS {
                    statement.words.push(word.clone());
                }
                if in_routine {
                    self.nest(&word);
                }
            }
            _ => {}
        }
    }

    fn nest(&mut self, word: &str) {
        match word {
            "BEGIN" => self.blocks += 1,
            "CASE" if self.blocks > 0 => self.blocks += 1,
            "END" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }
}

const WORDS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(sql: &str) -> Vec<usize> {
        split(sql).iter().map(|statement| statement.line).collect()
    }

    #[test]
    fn every_statement_begins_on_its_line() {
        assert_eq!(lines("SELECT 1;\n\n-- two\nSELECT\n2; SELECT 3"), [1, 4, 5]);
        assert_eq!(lines(";;\n ; -- nothing\n"), [0_usize; 0]);
    }

    #[test]
    fn semicolons_inside_a_statement_do_not_end_it() {
        let body = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;";
        assert_eq!(lines(body), [1]);
        assert_eq!(
            lines("CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2);\nSELECT 3"),
            [1, 2]
        );
        assert_eq!(lines("DO $$ BEGIN COMMIT; END $$;\nSELECT 1"), [1, 2]);
    }

    #[test]
    fn what_ends_a_transaction_is_told_from_what_does_not() {
        for sql in [
            "BEGIN",
            "start transaction",
            "Commit work",
            "END",
            "abort",
            "ROLLBACK",
            "ROLLBACK AND CHAIN",
            "PREPARE TRANSACTION 'x'",
        ] {
            assert!(split(sql)[0].controls_the_transaction(), "{sql}");
        }
        for sql in [
            "SELECT 'COMMIT'",
            "SAVEPOINT a",
            "ROLLBACK TO a",
            "rollback work to savepoint a",
            "RELEASE a",
            "PREPARE p AS SELECT 1",
        ] {
            assert!(!split(sql)[0].controls_the_transaction(), "{sql}");
        }
    }
}
