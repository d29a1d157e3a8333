use bollard::models::CreateImageInfo;
use pgs_core::{ByteSize, provision::Progress};
use std::collections::BTreeMap;

/// How far the layers of an image are that is being pulled.
#[derive(Debug, Default)]
pub(super) struct Layers {
    layers: BTreeMap<String, Layer>,
    said: String,
}

#[derive(Debug, Default)]
struct Layer {
    here: u64,
    total: u64,
}

impl Layers {
    /// Takes in what the engine says, and passes on what changed.
    pub(super) fn hear(&mut self, message: CreateImageInfo, progress: &dyn Progress) {
        let (Some(id), Some(status)) = (message.id, message.status) else {
            return;
        };
        let detail = message.progress_detail.unwrap_or_default();
        let bytes = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
        match status.as_str() {
            "Downloading" => {
                let layer = self.layers.entry(id).or_default();
                layer.here = bytes(detail.current).unwrap_or(layer.here);
                layer.total = bytes(detail.total).unwrap_or(layer.total).max(layer.here);
            }
            "Verifying Checksum" | "Download complete" | "Extracting" | "Pull complete" => {
                if let Some(layer) = self.layers.get_mut(&id) {
                    layer.here = layer.total;
                }
            }
            _ => return,
        }
        self.say(status == "Extracting", progress);
    }

    fn say(&mut self, unpacking: bool, progress: &dyn Progress) {
        let here = self.layers.values().map(|layer| layer.here).sum();
        let total = self.layers.values().map(|layer| layer.total).sum();
        let (here, total) = (rounded(here), rounded(total));
        let text = match (total.bytes(), unpacking && here == total) {
            (0, _) => return,
            (_, true) => format!("{here} of {total}, unpacking"),
            (_, false) => format!("{here} of {total}"),
        };
        if text != self.said {
            progress.detail(&text);
            self.said = text;
        }
    }
}

/// Whole megabytes are enough for a person, and few enough texts.
fn rounded(bytes: u64) -> ByteSize {
    let unit = if bytes >= 1 << 20 { 1 << 20 } else { 1 };
    ByteSize::from_bytes(bytes / unit * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::ProgressDetail;
    use pgs_core::provision::Step;
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Progress for Heard {
        fn begin(&self, _: Step) {}
        fn detail(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }

    fn message(id: &str, status: &str, current: i64, total: i64) -> CreateImageInfo {
        CreateImageInfo {
            id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: Some(ProgressDetail {
                current: Some(current),
                total: Some(total),
            }),
            ..CreateImageInfo::default()
        }
    }

    #[test]
    fn the_bytes_of_all_layers_are_added_up_and_each_text_is_said_once() {
        const M: i64 = 1 << 20;
        let heard = Heard::default();
        let mut layers = Layers::default();
        for message in [
            message("18", "Pulling from library/postgres", 0, 0),
            message("a", "Pulling fs layer", 0, 0),
            message("a", "Downloading", 10 * M, 100 * M),
            message("b", "Downloading", M, 40 * M),
            message("b", "Downloading", M + 5, 40 * M),
            message("b", "Download complete", 0, 0),
            message("a", "Download complete", 0, 0),
            message("a", "Extracting", 1, 100 * M),
            message("a", "Pull complete", 0, 0),
        ] {
            layers.hear(message, &heard);
        }
        let texts = heard.0.into_inner().unwrap();
        assert_eq!(
            texts,
            [
                "10M of 100M",
                "11M of 140M",
                "50M of 140M",
                "140M of 140M",
                "140M of 140M, unpacking",
                "140M of 140M"
            ]
        );
    }

    #[test]
    fn nonsense_is_not_added_up() {
        let heard = Heard::default();
        let mut layers = Layers::default();
        layers.hear(message("a", "Downloading", -1, -1), &heard);
        layers.hear(CreateImageInfo::default(), &heard);
        assert!(heard.0.into_inner().unwrap().is_empty());
    }
}
