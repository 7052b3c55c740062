"""The same bot in pyTelegramBotAPI, which puts all parameters into the query."""

import io
import sys

import telebot
from telebot import apihelper
from telebot.types import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaPhoto

API, TOKEN, MODE = sys.argv[1:4]
assert MODE == "polling"

apihelper.API_URL = API + "/bot{0}/{1}"
apihelper.FILE_URL = API + "/file/bot{0}/{1}"
bot = telebot.TeleBot(TOKEN, threaded=False)
last_photo = b""


@bot.message_handler(commands=["start"])
def start(message):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ping", callback_data="ping")]])
    bot.send_message(message.chat.id, "<b>hello</b>", parse_mode="HTML", reply_markup=keyboard)


@bot.callback_query_handler(func=lambda q: q.data == "ping")
def pressed(query):
    bot.edit_message_text("pressed", query.message.chat.id, query.message.message_id)
    bot.answer_callback_query(query.id, "pong")


@bot.message_handler(content_types=["photo"])
def photo(message):
    global last_photo
    last_photo = bot.download_file(bot.get_file(message.photo[-1].file_id).file_path)
    bot.send_document(
        message.chat.id,
        last_photo,
        visible_file_name="echo.png",
        caption=f"{len(last_photo)} bytes",
        reply_parameters=telebot.types.ReplyParameters(message.message_id),
    )


@bot.message_handler(func=lambda m: m.text == "album")
def album(message):
    media = [InputMediaPhoto(InputFile(io.BytesIO(last_photo)), caption=f"no {i}") for i in range(2)]
    bot.send_media_group(message.chat.id, media)


@bot.message_handler(content_types=["text"])
def text(message):
    bot.reply_to(message, f"echo: {message.text}")


print("ready", flush=True)
bot.infinity_polling(timeout=5, long_polling_timeout=5)
