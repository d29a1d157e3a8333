use tokio_postgres::error::ErrorPosition;

/// The line that the server points at, counted from 1. Its positions count characters, not bytes.
pub(super) fn line_of(error: &tokio_postgres::Error, sql: &str) -> Option<usize> {
    let ErrorPosition::Original(position) = error.as_db_error()?.position()? else {
        return None;
    };
    Some(line_at(sql, usize::try_from(*position).ok()?))
}

fn line_at(sql: &str, position: usize) -> usize {
    let before = sql.chars().take(position.saturating_sub(1));
    1 + before.filter(|character| *character == '\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(line_at("SELECT 1", 1), 1);
        assert_eq!(line_at("-- äöü\nSELEC 1", 8), 2);
        assert_eq!(line_at("a\n\nb", 99), 3);
    }
}
