"""The conversation in aiogram."""

import asyncio
import os

from aiogram import Bot, Dispatcher, F, html
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)
from aiogram.utils.media_group import MediaGroupBuilder
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

SECRET = "s3cret-of-aiogram"
REPORT = bytes(i % 251 for i in range(1_500_000))

server = TelegramAPIServer.from_base(os.environ["BOT_API"])
bot = Bot(
    os.environ["BOT_TOKEN"],
    session=AiohttpSession(api=server),
    default=DefaultBotProperties(parse_mode="HTML"),
)
dp = Dispatcher()
photos: dict[int, bytes] = {}


class Form(StatesGroup):
    name = State()
    age = State()


@dp.update.outer_middleware()
async def tell(handler, update, data):
    print("update", update.model_dump_json(exclude_none=True), flush=True)
    return await handler(update, data)


@dp.message(CommandStart())
async def start(message: Message, command: CommandObject) -> None:
    ping = InlineKeyboardButton(text="Ping", callback_data="ping")
    docs = InlineKeyboardButton(text="Docs", url="https://example.org/docs")
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[ping], [docs]])
    await message.answer(f"<b>Welcome</b> from {command.args}", reply_markup=keyboard)


@dp.callback_query(F.data == "ping")
async def pressed(query: CallbackQuery) -> None:
    await query.answer("pong")
    await query.message.edit_text("Pressed: ping")


@dp.message(Command("form"))
async def form(message: Message, state: FSMContext) -> None:
    await state.set_state(Form.name)
    await message.answer("What is your name?")


@dp.message(Form.name, F.text)
async def name(message: Message, state: FSMContext) -> None:
    await state.update_data(name=message.text)
    await state.set_state(Form.age)
    await message.answer(f"And how old are you, {message.text}?")


@dp.message(Form.age, F.text.isdigit())
async def age(message: Message, state: FSMContext) -> None:
    data = await state.get_data()
    await state.clear()
    await message.answer(f"Noted: {data['name']}, {message.text}")


@dp.message(Form.age)
async def no_age(message: Message) -> None:
    await message.answer("A number, please.")


@dp.message(F.photo)
async def photo(message: Message) -> None:
    file = await bot.download(message.photo[-1])
    photos[message.chat.id] = back = file.read()
    await message.answer_photo(BufferedInputFile(back, "back.png"), caption=f"{len(back)} bytes back")


@dp.message(F.text == "report")
async def report(message: Message) -> None:
    await message.answer_document(BufferedInputFile(REPORT, "report.bin"), caption="the report")


@dp.message(F.text == "album")
async def album(message: Message) -> None:
    media = MediaGroupBuilder()
    for caption in ("one", "two"):
        media.add_photo(BufferedInputFile(photos[message.chat.id], f"{caption}.png"), caption=caption)
    await message.answer_media_group(media.build())


@dp.message(F.text == "forget")
async def forget(message: Message) -> None:
    sent = await message.answer("This goes away")
    await sent.delete()
    await message.answer("Gone")


@dp.message(F.text.startswith("copy"))
async def copy(message: Message) -> None:
    await message.copy_to(message.chat.id)


@dp.message(F.text)
async def text(message: Message) -> None:
    await message.reply(f"You said: <i>{html.quote(message.text)}</i>")


@dp.startup()
async def startup() -> None:
    await bot.set_my_commands(
        [
            BotCommand(command="start", description="Start over"),
            BotCommand(command="form", description="Two questions"),
        ]
    )
    if os.environ["BOT_MODE"] == "polling":
        print("ready", flush=True)


async def webhook() -> None:
    app = web.Application()
    SimpleRequestHandler(dispatcher=dp, bot=bot, secret_token=SECRET).register(app, path="/hook")
    setup_application(app, dp, bot=bot)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ.get("BOT_PORT", "0"))).start()
    port = runner.addresses[0][1]
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=SECRET)
    print("ready", flush=True)
    await asyncio.Event().wait()


if os.environ["BOT_MODE"] == "webhook":
    asyncio.run(webhook())
else:
    asyncio.run(dp.start_polling(bot))
