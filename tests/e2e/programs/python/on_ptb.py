"""The conversation in python-telegram-bot."""

import html
import os
import socket

from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Update
from telegram.constants import ParseMode
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    Defaults,
    MessageHandler,
    TypeHandler,
    filters,
)

API = os.environ["BOT_API"]
SECRET = "s3cret-of-ptb"
REPORT = bytes(i % 251 for i in range(1_500_000))
NAME, AGE = range(2)
Context = ContextTypes.DEFAULT_TYPE


async def tell(update: Update, _: Context) -> None:
    print("update", update.to_json(), flush=True)


async def start(update: Update, context: Context) -> None:
    ping = InlineKeyboardButton("Ping", callback_data="ping")
    docs = InlineKeyboardButton("Docs", url="https://example.org/docs")
    await update.message.reply_text(
        f"<b>Welcome</b> from {context.args[0]}", reply_markup=InlineKeyboardMarkup([[ping], [docs]])
    )


async def pressed(update: Update, _: Context) -> None:
    await update.callback_query.answer("pong")
    await update.callback_query.edit_message_text("Pressed: ping")


async def form(update: Update, _: Context) -> int:
    await update.message.reply_text("What is your name?")
    return NAME


async def name(update: Update, context: Context) -> int:
    context.user_data["name"] = update.message.text
    await update.message.reply_text(f"And how old are you, {update.message.text}?")
    return AGE


async def age(update: Update, context: Context) -> int:
    await update.message.reply_text(f"Noted: {context.user_data.pop('name')}, {update.message.text}")
    return ConversationHandler.END


async def no_age(update: Update, _: Context) -> int:
    await update.message.reply_text("A number, please.")
    return AGE


async def photo(update: Update, context: Context) -> None:
    file = await update.message.photo[-1].get_file()
    context.user_data["photo"] = back = bytes(await file.download_as_bytearray())
    await update.message.reply_photo(back, filename="back.png", caption=f"{len(back)} bytes back")


async def report(update: Update, _: Context) -> None:
    await update.message.reply_document(REPORT, filename="report.bin", caption="the report")


async def album(update: Update, context: Context) -> None:
    media = [InputMediaPhoto(context.user_data["photo"], caption=caption) for caption in ("one", "two")]
    await update.message.reply_media_group(media)


async def forget(update: Update, _: Context) -> None:
    sent = await update.message.reply_text("This goes away")
    await sent.delete()
    await update.message.reply_text("Gone")


async def copy(update: Update, _: Context) -> None:
    await update.message.copy(update.effective_chat.id)


async def text(update: Update, _: Context) -> None:
    await update.message.reply_text(f"You said: <i>{html.escape(update.message.text)}</i>", do_quote=True)


async def set_up(app: Application) -> None:
    await app.bot.set_my_commands([BotCommand("start", "Start over"), BotCommand("form", "Two questions")])
    print("ready", flush=True)


builder = Application.builder().token(os.environ["BOT_TOKEN"]).defaults(Defaults(parse_mode=ParseMode.HTML))
app = builder.base_url(f"{API}/bot").base_file_url(f"{API}/file/bot").post_init(set_up).build()
words = filters.TEXT & ~filters.COMMAND
app.add_handler(TypeHandler(Update, tell), group=-1)
app.add_handler(CommandHandler("start", start))
app.add_handler(CallbackQueryHandler(pressed, pattern="^ping$"))
app.add_handler(
    ConversationHandler(
        entry_points=[CommandHandler("form", form)],
        states={
            NAME: [MessageHandler(words, name)],
            AGE: [MessageHandler(filters.Regex(r"^\d+$"), age), MessageHandler(words, no_age)],
        },
        fallbacks=[],
    )
)
app.add_handler(MessageHandler(filters.PHOTO, photo))
app.add_handler(MessageHandler(filters.Text(["report"]), report))
app.add_handler(MessageHandler(filters.Text(["album"]), album))
app.add_handler(MessageHandler(filters.Text(["forget"]), forget))
app.add_handler(MessageHandler(filters.Regex("^copy"), copy))
app.add_handler(MessageHandler(words, text))

if os.environ["BOT_MODE"] == "webhook":
    # A socket of one's own, so that the system's choice of a port is known before the webhook is set.
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("BOT_PORT", "0"))))
    listener.setblocking(False)
    port = listener.getsockname()[1]
    app.run_webhook(
        unix=listener, url_path="hook", webhook_url=f"http://127.0.0.1:{port}/hook", secret_token=SECRET
    )
else:
    app.run_polling()
