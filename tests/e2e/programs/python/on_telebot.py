"""The conversation in pyTelegramBotAPI, which puts all parameters into the query."""

import html
import io
import json
import os
import socket

from telebot import TeleBot, apihelper
from telebot.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaPhoto,
    ReplyParameters,
)

API = os.environ["BOT_API"]
SECRET = "s3cret-of-telebot"
REPORT = bytes(i % 251 for i in range(1_500_000))

apihelper.API_URL = API + "/bot{0}/{1}"
apihelper.FILE_URL = API + "/file/bot{0}/{1}"
photos = {}


class Bot(TeleBot):
    def process_new_updates(self, updates):
        for update in updates:
            message = update.message or update.callback_query
            print("update", json.dumps([update.update_id, message and message.json], default=str), flush=True)
        super().process_new_updates(updates)


bot = Bot(os.environ["BOT_TOKEN"], parse_mode="HTML")


@bot.message_handler(commands=["start"])
def start(message):
    keyboard = InlineKeyboardMarkup()
    keyboard.row(InlineKeyboardButton("Ping", callback_data="ping"))
    keyboard.row(InlineKeyboardButton("Docs", url="https://example.org/docs"))
    payload = message.text.split()[1]
    bot.send_message(message.chat.id, f"<b>Welcome</b> from {payload}", reply_markup=keyboard)


@bot.callback_query_handler(func=lambda query: query.data == "ping")
def pressed(query):
    bot.answer_callback_query(query.id, "pong")
    bot.edit_message_text("Pressed: ping", query.message.chat.id, query.message.message_id)


@bot.message_handler(commands=["form"])
def form(message):
    bot.register_next_step_handler(message, name)
    bot.send_message(message.chat.id, "What is your name?")


def name(message):
    bot.register_next_step_handler(message, age, message.text)
    bot.send_message(message.chat.id, f"And how old are you, {message.text}?")


def age(message, known):
    if message.text.isdigit():
        bot.send_message(message.chat.id, f"Noted: {known}, {message.text}")
    else:
        bot.register_next_step_handler(message, age, known)
        bot.send_message(message.chat.id, "A number, please.")


@bot.message_handler(content_types=["photo"])
def photo(message):
    photos[message.chat.id] = back = bot.download_file(bot.get_file(message.photo[-1].file_id).file_path)
    bot.send_photo(message.chat.id, back, caption=f"{len(back)} bytes back")


@bot.message_handler(func=lambda message: message.text == "report")
def report(message):
    bot.send_document(message.chat.id, REPORT, visible_file_name="report.bin", caption="the report")


@bot.message_handler(func=lambda message: message.text == "album")
def album(message):
    picture = photos[message.chat.id]
    media = [InputMediaPhoto(InputFile(io.BytesIO(picture), f"{word}.png"), caption=word) for word in ("one", "two")]
    bot.send_media_group(message.chat.id, media)


@bot.message_handler(func=lambda message: message.text == "forget")
def forget(message):
    sent = bot.send_message(message.chat.id, "This goes away")
    bot.delete_message(message.chat.id, sent.message_id)
    bot.send_message(message.chat.id, "Gone")


@bot.message_handler(regexp="^copy")
def copy(message):
    bot.copy_message(message.chat.id, message.chat.id, message.message_id)


@bot.message_handler(content_types=["text"])
def text(message):
    words = f"You said: <i>{html.escape(message.text)}</i>"
    bot.send_message(message.chat.id, words, reply_parameters=ReplyParameters(message.message_id))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


bot.set_my_commands([BotCommand("start", "Start over"), BotCommand("form", "Two questions")])
if os.environ["BOT_MODE"] == "webhook":
    port = int(os.environ.get("BOT_PORT", "0")) or free_port()
    print("ready", flush=True)
    bot.run_webhooks(listen="127.0.0.1", port=port, url_path="hook", secret_token=SECRET)
else:
    bot.remove_webhook()
    print("ready", flush=True)
    bot.infinity_polling(timeout=20, long_polling_timeout=10)
