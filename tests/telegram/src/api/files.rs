//! getFile, and profile photos (there are none).

use serde_json::json;

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::file::{parse_file_id, unique_id};

impl Call<'_> {
    pub fn get_file(&mut self) -> Answer {
        let id = self.params.string("file_id");
        if id.is_empty() {
            return Err(ApiError::bad("file_id not specified"));
        }
        let no = parse_file_id(self.bot, &id).ok_or_else(|| ApiError::bad("invalid file_id"))?;
        let file = self
            .world
            .files
            .get(no)
            .ok_or_else(|| ApiError::bad("wrong file_id or the file is temporarily unavailable"))?;
        if file.bytes.len() > self.uploads.download {
            return Err(ApiError::bad("file is too big"));
        }
        let size = file.bytes.len();
        if let Some(b) = self.world.bots.get_mut(&self.bot) {
            b.granted.insert(no);
        }
        Ok(json!({
            "file_id": id, "file_unique_id": unique_id(no), "file_size": size,
            "file_path": self.world.files.path(no),
        }))
    }

    pub fn profile_photos(&mut self) -> Answer {
        let user = self.params.int("user_id").unwrap_or(0);
        if !self.world.people.contains_key(&user) && !self.world.is_bot(user) {
            return Err(ApiError::bad("user not found"));
        }
        Ok(json!({"total_count": 0, "photos": []}))
    }
}
