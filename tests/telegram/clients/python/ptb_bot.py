"""The same bot in python-telegram-bot."""

import asyncio
import sys

from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

API, TOKEN, MODE = sys.argv[1:4]

last_photo = b""


async def start(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ping", callback_data="ping")]])
    await update.message.reply_html("<b>hello</b>", reply_markup=keyboard)


async def pressed(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    await update.callback_query.edit_message_text("pressed")
    await update.callback_query.answer("pong")


async def photo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    global last_photo
    file = await update.message.photo[-1].get_file()
    last_photo = bytes(await file.download_as_bytearray())
    await update.message.reply_document(
        last_photo, filename="echo.png", caption=f"{len(last_photo)} bytes", do_quote=True
    )


async def album(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_media_group([InputMediaPhoto(last_photo, caption=f"no {i}") for i in range(2)])


async def text(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_text(f"echo: {update.message.text}", do_quote=True)


def build() -> Application:
    app = Application.builder().token(TOKEN).base_url(f"{API}/bot").base_file_url(f"{API}/file/bot").build()
    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(pressed, pattern="^ping$"))
    app.add_handler(MessageHandler(filters.PHOTO, photo))
    app.add_handler(MessageHandler(filters.Text(["album"]), album))
    app.add_handler(MessageHandler(filters.TEXT, text))
    return app


async def main() -> None:
    app = build()
    async with app:
        await app.start()
        if MODE == "webhook":
            # Its documented way to bring a web server of one's own.
            async def hook(request: web.Request) -> web.Response:
                assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == "s3cret"
                await app.update_queue.put(Update.de_json(await request.json(), app.bot))
                return web.Response()

            server = web.Application()
            server.router.add_post("/hook", hook)
            runner = web.AppRunner(server)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            port = runner.addresses[0][1]
            await app.bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="s3cret")
        else:
            await app.updater.start_polling(drop_pending_updates=False)
        print("ready", flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
