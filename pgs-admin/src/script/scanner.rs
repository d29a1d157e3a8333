//! As much of SQL's lexical structure (`PostgreSQL` manual, section 4.1) as finding the ends of statements takes.

/// What a statement is made of, as far as its end and its beginning go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    Symbol(char),
    /// A string, a quoted name or a number.
    Opaque,
}

pub(super) struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { rest: sql, line: 1 }
    }

    /// The next token, and the line it begins on.
    pub(super) fn next(&mut self) -> Option<(usize, Token<'a>)> {
        self.skip_blanks();
        let line = self.line;
        self.rest
            .chars()
            .next()
            .map(|first| (line, self.token(first)))
    }

    fn token(&mut self, first: char) -> Token<'a> {
        match first {
            '\'' | '"' => self.quoted(first),
            '$' => self.dollar(),
            '0'..='9' => {
                self.take_while(|c| is_word(c) || c == '.');
                Token::Opaque
            }
            _ if is_word(first) => self.word(),
            _ => {
                self.take(first.len_utf8());
                Token::Symbol(first)
            }
        }
    }

    fn word(&mut self) -> Token<'a> {
        let word = self.take_while(|c| is_word(c) || c == '$');
        if word.eq_ignore_ascii_case("e") && self.rest.starts_with('\'') {
            return self.escaped();
        }
        Token::Word(word)
    }

    /// A doubled quote is the end of one piece and the beginning of the next, which comes to the same.
    fn quoted(&mut self, quote: char) -> Token<'a> {
        self.take(1);
        self.take_through(&quote.to_string());
        Token::Opaque
    }

    fn escaped(&mut self) -> Token<'a> {
        self.take(1);
        while let Some(at) = self.rest.find(['\'', '\\']) {
            let is_escape = self
                .rest
                .get(at..)
                .is_some_and(|rest| rest.starts_with('\\'));
            self.take(at + 1);
            if !is_escape {
                return Token::Opaque;
            }
            self.take_char();
        }
        self.take(self.rest.len());
        Token::Opaque
    }

    fn dollar(&mut self) -> Token<'a> {
        self.take(1);
        let name = self.rest.split('$').next().unwrap_or_default();
        let is_tag = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_tag || self.rest.len() == name.len() {
            return Token::Symbol('$');
        }
        let end = format!("${name}$");
        self.take(name.len() + 1);
        self.take_through(&end);
        Token::Opaque
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest.starts_with("--") {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                self.skip_comment();
            } else {
                return;
            }
        }
    }

    /// Such comments nest.
    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
            } else {
                self.take_char();
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn take_char(&mut self) {
        self.take(self.rest.chars().next().map_or(0, char::len_utf8));
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.take(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()))
    }

    fn take_through(&mut self, end: &str) {
        let until = self
            .rest
            .find(end)
            .map_or(self.rest.len(), |at| at + end.len());
        self.take(until);
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(sql: &str) -> Vec<(usize, Token<'_>)> {
        let mut scanner = Scanner::new(sql);
        std::iter::from_fn(|| scanner.next()).collect()
    }

    #[test]
    fn nothing_in_a_string_a_name_or_a_comment_is_a_symbol() {
        for quoted in [
            "'a;b'",
            "'it''s;'",
            r"E'a\';b'",
            "\"a;b\"",
            "$$a;b$$",
            "$x$a;$$;b$x$",
            "-- a;b",
            "/* a; /* b; */ ; */",
            "'open;",
            "/* open;",
        ] {
            assert!(
                !tokens(quoted)
                    .iter()
                    .any(|(_, token)| *token == Token::Symbol(';')),
                "{quoted}"
            );
        }
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let tokens = tokens("'a\nb' /* c\n */ $q$\n$q$\n-- d\nword;");
        assert_eq!(tokens.last(), Some(&(6, Token::Symbol(';'))));
        assert!(tokens.contains(&(6, Token::Word("word"))));
    }

    #[test]
    fn parameters_and_lonely_dollars_are_no_strings() {
        for sql in ["$1; x", "$; x", "a$b$c; x"] {
            assert!(
                tokens(sql)
                    .iter()
                    .any(|(_, token)| *token == Token::Symbol(';')),
                "{sql}"
            );
        }
    }
}
