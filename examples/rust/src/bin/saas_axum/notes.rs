use crate::{customer::Customer, failure::Failure};
use axum::{Json, http::StatusCode};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(crate) struct Note {
    id: i64,
    text: String,
}

#[derive(Deserialize)]
pub(crate) struct NewNote {
    text: String,
}

pub(crate) async fn list(Customer(own): Customer) -> Result<Json<Vec<Note>>, Failure> {
    let statement = own
        .prepare_cached("select id, text from notes order by id")
        .await?;
    let rows = own.query(&statement, &[]).await?;
    let notes = rows.iter().map(|row| Note {
        id: row.get(0),
        text: row.get(1),
    });
    Ok(Json(notes.collect()))
}

pub(crate) async fn add(
    Customer(own): Customer,
    Json(note): Json<NewNote>,
) -> Result<(StatusCode, Json<Note>), Failure> {
    let statement = own
        .prepare_cached("insert into notes (text) values ($1) returning id")
        .await?;
    let id = own.query_one(&statement, &[&note.text]).await?.get(0);
    let text = note.text;
    Ok((StatusCode::CREATED, Json(Note { id, text })))
}
