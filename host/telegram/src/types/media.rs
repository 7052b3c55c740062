//! What a message can hold beside text.

use serde::{Deserialize, Serialize};

/// Any file: the union of the fields that the Bot API's file types share.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct File {
    pub file_id: String,
    #[serde(default)]
    pub file_unique_id: String,
    pub file_name: Option<String>,
    pub mime_type: Option<String>,
    pub file_size: Option<u64>,
    pub duration: Option<u64>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub emoji: Option<String>,
    pub title: Option<String>,
    pub performer: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub horizontal_accuracy: Option<f64>,
    pub live_period: Option<i64>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Venue {
    pub location: Location,
    pub title: String,
    pub address: String,
    pub foursquare_id: Option<String>,
    pub foursquare_type: Option<String>,
    pub google_place_id: Option<String>,
    pub google_place_type: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ContactCard {
    pub phone_number: String,
    pub first_name: String,
    pub last_name: Option<String>,
    pub user_id: Option<i64>,
    pub vcard: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct PollOption {
    pub text: String,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Poll {
    pub question: String,
    pub options: Vec<PollOption>,
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub allows_multiple_answers: bool,
    #[serde(default)]
    pub is_anonymous: bool,
    pub correct_option_id: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Dice {
    pub emoji: String,
    pub value: u32,
}
