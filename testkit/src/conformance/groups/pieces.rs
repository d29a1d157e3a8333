//! A startup packet in pieces, as a network may deliver it.

use crate::{
    conformance::{Case, Conversation, Section::Transport},
    message::{V3_9999, startup},
};

pub(super) fn cases() -> Vec<Case> {
    let packet = startup(V3_9999, "acme");
    let mut cases: Vec<Case> = (1..packet.len()).map(|at| in_two(&packet, at)).collect();
    cases.push(Case::new(
        Transport,
        "a startup packet byte by byte",
        move |talk| {
            for byte in packet.chunks(1) {
                talk.send(byte);
            }
            hear_the_question(talk);
        },
    ));
    cases
}

fn in_two(packet: &[u8], at: usize) -> Case {
    let (head, tail) = packet.split_at(at);
    let (head, tail) = (head.to_vec(), tail.to_vec());
    Case::new(
        Transport,
        format!("a startup packet cut at {at}"),
        move |talk| {
            talk.send(&head);
            talk.send(&tail);
            hear_the_question(talk);
        },
    )
}

fn hear_the_question(talk: &mut Conversation<'_>) {
    talk.frames_until(b'R');
    talk.finish();
}
