//! Invoices, shipping and checkout, paid media.

use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::content::Content;
use crate::world::file::MediaKind;

/// More paid media than this are no message.
const PAID_MEDIA: usize = 10;
const STARS: i64 = 25_000;

impl Call<'_> {
    /// The content of an invoice out of the call's parameters.
    fn invoice(&self) -> Result<Content, ApiError> {
        let (title, description) = (self.required("title")?, self.required("description")?);
        let payload = self.required("payload")?;
        let currency = self.required("currency")?;
        self.required("prices")?;
        let amount = self.prices("prices")?;
        let stars = currency == "XTR";
        if !stars && (currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(ApiError::bad("CURRENCY_INVALID"));
        }
        if !stars && self.params.string("provider_token").is_empty() {
            return Err(ApiError::bad("PAYMENT_PROVIDER_INVALID"));
        }
        if amount <= 0 {
            return Err(ApiError::bad("CURRENCY_TOTAL_AMOUNT_INVALID"));
        }
        let invoice = json!({
            "title": title, "description": description, "start_parameter": self.params.string("start_parameter"),
            "currency": currency, "total_amount": amount,
        });
        let mut c = Content::field("invoice", invoice);
        c.known_to_bot = Some(json!({"payload": payload, "flexible": self.params.flag("is_flexible")}));
        Ok(c)
    }

    fn prices(&self, name: &str) -> Result<i64, ApiError> {
        let list = self.params.object(name, name)?.unwrap_or_default();
        sum(&list)
    }

    pub fn send_invoice(&mut self) -> Answer {
        let content = self.invoice()?;
        let mut target = self.target()?;
        let v = content.fields.get("invoice").cloned().unwrap_or_default();
        let amount = v["total_amount"].as_i64().unwrap_or(0);
        let text = match v["currency"].as_str() {
            Some("XTR") => format!("Pay ⭐️{amount}"),
            currency => format!(
                "Pay {} {}.{:02}",
                currency.unwrap_or_default(),
                amount / 100,
                amount % 100
            ),
        };
        let pay = json!({"inline_keyboard": [[{"text": text, "pay": true}]]});
        target.markup = target.markup.or(Some(pay));
        self.send_to(&target, content)
    }

    pub fn invoice_link(&mut self) -> Answer {
        self.invoice()?;
        Ok(format!("https://t.me/$invoice{}", self.world.serial()).into())
    }

    pub fn answer_pre_checkout(&mut self) -> Answer {
        let error = match self.params.flag("ok") {
            true => None,
            false => Some(self.required("error_message")?),
        };
        let id = self.params.string("pre_checkout_query_id");
        self.world.answer_checkout(self.bot, &id, error)?;
        Ok(true.into())
    }

    pub fn answer_shipping(&mut self) -> Answer {
        let answer = match self.params.flag("ok") {
            true => Ok(self.shipping_options()?),
            false => Err(self.required("error_message")?),
        };
        let id = self.params.string("shipping_query_id");
        self.world.answer_shipping(self.bot, &id, answer)?;
        Ok(true.into())
    }

    fn shipping_options(&self) -> Result<Vec<(String, i64)>, ApiError> {
        let list = self.params.object("shipping_options", "shipping options")?;
        let list = list.unwrap_or_default();
        let list = list
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of shipping options"))?;
        let mut out = Vec::new();
        for o in list {
            let cannot = |e: &str| ApiError::bad(format!("Can't parse shipping option: {e}"));
            let id = o["id"].as_str().ok_or_else(|| cannot("Can't find field \"id\""))?;
            if o["title"].as_str().is_none() {
                return Err(cannot("Can't find field \"title\""));
            }
            out.push((id.to_owned(), sum(&o["prices"])?));
        }
        if out.is_empty() {
            return Err(ApiError::bad("There must be at least one shipping option"));
        }
        Ok(out)
    }

    pub fn send_paid_media(&mut self) -> Answer {
        let target = self.target()?;
        let stars = self.params.int("star_count").unwrap_or(0);
        let list = self
            .params
            .json("media")
            .map_err(|_| ApiError::bad("Can't parse paid media JSON object"))?;
        let list = list.unwrap_or_default();
        let items = list
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of InputPaidMedia"))?;
        if items.is_empty() || items.len() > PAID_MEDIA {
            return Err(ApiError::bad("Wrong number of paid media specified"));
        }
        if !(1..=STARS).contains(&stars) {
            return Err(ApiError::bad("STARS_AMOUNT_INVALID"));
        }
        let mut shown = Vec::new();
        for item in items {
            shown.push(self.paid_medium(item)?);
        }
        let info = json!({"star_count": stars, "paid_media": shown});
        let mut content = Content::field("paid_media", info);
        content.text = self.caption()?;
        content.known_to_bot = Some(json!({"payload": self.params.string("payload")}));
        self.send_to(&target, content)
    }

    /// One item, as its own sender sees it.
    fn paid_medium(&mut self, v: &Value) -> Result<Value, ApiError> {
        let cannot = |e: &str| ApiError::bad(format!("Can't parse InputPaidMedia: {e}"));
        let o = v.as_object().ok_or_else(|| cannot("expected an Object"))?;
        let kind = match o.get("type").and_then(Value::as_str) {
            Some("photo") => MediaKind::Photo,
            Some("video") => MediaKind::Video,
            other => {
                return Err(cannot(&format!(
                    "type \"{}\" is unsupported",
                    other.unwrap_or_default()
                )));
            }
        };
        let media = o.get("media").and_then(Value::as_str).unwrap_or_default().to_owned();
        let upload = self.params.attached(&media).cloned();
        let attributes: Map<String, Value> = self.attributes(kind, &|k| o.get(k).cloned());
        let media = self.media(kind, &media, upload, attributes, || cannot("media not found"))?;
        let mut out = json!({"type": kind.field()});
        out[kind.field()] = self.world.media_json(&media, self.bot);
        Ok(out)
    }
}

/// All of a list of `LabeledPrice`.
fn sum(list: &Value) -> Result<i64, ApiError> {
    let cannot = |e: &str| ApiError::bad(format!("Can't parse labeled price: {e}"));
    let list = list
        .as_array()
        .ok_or_else(|| ApiError::bad("Expected an Array of labeled prices"))?;
    let mut total = 0;
    for price in list {
        if !price.is_object() {
            return Err(cannot("LabeledPrice must be an Object"));
        }
        match price["label"].as_str() {
            None => return Err(cannot("Can't find field \"label\"")),
            Some("") => return Err(cannot("LabeledPrice label must be non-empty")),
            Some(_) => {}
        }
        let amount = &price["amount"];
        let amount = amount.as_i64().or_else(|| amount.as_str()?.parse().ok());
        total += amount.ok_or_else(|| cannot("Can't find field \"amount\""))?;
    }
    if list.is_empty() {
        return Err(ApiError::bad("There must be at least one price"));
    }
    Ok(total)
}
