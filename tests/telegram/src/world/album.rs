//! Albums: several messages that share a media group id, made anew for every album.

use super::World;

impl World {
    pub fn new_media_group(&mut self) -> String {
        (13_000_000_000_000_000 + self.serial()).to_string()
    }
}

/// Gives each run of equal old groups one new group; a group of which one message is left stays without.
pub fn regroup(world: &mut World, old: &[Option<String>]) -> Vec<Option<String>> {
    let mut out = Vec::with_capacity(old.len());
    let mut i = 0;
    while i < old.len() {
        let mut end = i + 1;
        while end < old.len() && old[end].is_some() && old[end] == old[i] {
            end += 1;
        }
        let group = (end - i > 1).then(|| world.new_media_group());
        out.extend(std::iter::repeat_n(group, end - i));
        i = end;
    }
    out
}
