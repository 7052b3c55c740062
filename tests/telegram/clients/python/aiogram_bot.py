"""A bot in aiogram: answers a command, a press, photos, and asks for an album."""

import asyncio
import sys

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

API, TOKEN, MODE = sys.argv[1:4]

bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(API)))
dp = Dispatcher()
last_photo = b""


@dp.message(CommandStart())
async def start(message: Message) -> None:
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Ping", callback_data="ping")]])
    await message.answer("<b>hello</b>", parse_mode="HTML", reply_markup=keyboard)


@dp.callback_query(F.data == "ping")
async def pressed(query: CallbackQuery) -> None:
    await query.message.edit_text("pressed")
    await query.answer("pong")


@dp.message(F.photo)
async def photo(message: Message) -> None:
    global last_photo
    file = await bot.download(message.photo[-1])
    last_photo = file.read()
    await message.reply_document(BufferedInputFile(last_photo, "echo.png"), caption=f"{len(last_photo)} bytes")


@dp.message(F.text == "album")
async def album(message: Message) -> None:
    media = [InputMediaPhoto(media=BufferedInputFile(last_photo, f"{i}.png"), caption=f"no {i}") for i in range(2)]
    await message.answer_media_group(media)


@dp.message(F.text)
async def text(message: Message) -> None:
    await message.reply(f"echo: {message.text}")


async def polling() -> None:
    print("ready", flush=True)
    await dp.start_polling(bot, handle_signals=False)


async def webhook() -> None:
    app = web.Application()
    SimpleRequestHandler(dispatcher=dp, bot=bot, secret_token="s3cret").register(app, path="/hook")
    setup_application(app, dp, bot=bot)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="s3cret")
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(webhook() if MODE == "webhook" else polling())
