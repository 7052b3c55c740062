"""The bot of Bean & Brew, a coffee roastery: shows the beans, takes orders, answers what is asked every day."""

import asyncio
import itertools
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from aiogram import Bot, Dispatcher, F, Router, html
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandStart, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import (
    BotCommand,
    CallbackQuery,
    FSInputFile,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
)
from aiogram.utils.keyboard import InlineKeyboardBuilder

PICTURE = Path(__file__).with_name("house-blend.jpg")
MOST_BAGS = 20

log = logging.getLogger("shop")
router = Router()
order_numbers = itertools.count(2049)


@dataclass(frozen=True)
class Coffee:
    name: str
    taste: str
    price: float


COFFEES = {
    "house": Coffee("House blend", "Chocolate and roasted nuts. The one for the moka pot and the espresso machine.", 9.5),
    "sidamo": Coffee("Sidamo", "Ethiopia, washed: jasmine, lemon, black tea. For filters.", 12.0),
    "decaf": Coffee("Night shift", "Decaffeinated with mountain water: caramel and a calm night.", 11.0),
}

KEYBOARD = ReplyKeyboardMarkup(
    keyboard=[
        [KeyboardButton(text="☕ Menu"), KeyboardButton(text="🛒 Order")],
        [KeyboardButton(text="🕘 Hours"), KeyboardButton(text="🙋 Talk to a person")],
    ],
    resize_keyboard=True,
)


class Order(StatesGroup):
    what = State()
    how_many = State()
    confirm = State()


def coffees(action: str) -> InlineKeyboardMarkup:
    keys = InlineKeyboardBuilder()
    for key, coffee in COFFEES.items():
        keys.button(text=f"{coffee.name} · {coffee.price:.2f} €", callback_data=f"{action}:{key}")
    return keys.adjust(1).as_markup()


@router.message(CommandStart())
async def start(message: Message, state: FSMContext) -> None:
    await state.clear()
    name = html.quote(message.from_user.first_name)
    await message.answer(
        f"Hello, {name}! This is <b>Bean &amp; Brew</b>. See the /menu, /order some beans, or ask for a person with "
        "/operator.",
        reply_markup=KEYBOARD,
    )


@router.message(Command("help"))
async def show_help(message: Message) -> None:
    await message.answer(
        "/menu – our coffees\n/order – order some, I ask what and how many\n/operator – talk to a person\n"
        "/cancel – leave an order that you have begun"
    )


@router.message(Command("operator"))
@router.message(F.text == "🙋 Talk to a person")
async def call_operator(message: Message, state: FSMContext) -> None:
    await state.clear()
    await message.answer("I am calling someone. Please write here what it is about; a person answers in this chat.")


@router.message(F.text == "🕘 Hours")
async def hours(message: Message) -> None:
    await message.answer("The shop is open Monday to Saturday, <b>9:00–17:00</b>. I am here all the time.")


@router.message(Command("menu"))
@router.message(F.text == "☕ Menu")
async def menu(message: Message) -> None:
    await message.answer_photo(
        FSInputFile(PICTURE), caption="Roasted on Tuesdays, in bags of 250 g:", reply_markup=coffees("about")
    )


@router.callback_query(F.data.startswith("about:"))
async def about(query: CallbackQuery) -> None:
    key = query.data.removeprefix("about:")
    coffee = COFFEES[key]
    keys = InlineKeyboardBuilder()
    keys.button(text=f"🛒 Order {coffee.name}", callback_data=f"order:{key}")
    keys.button(text="« All coffees", callback_data="menu")
    await query.message.edit_caption(
        caption=f"<b>{coffee.name}</b>, {coffee.price:.2f} € a bag\n{coffee.taste}",
        reply_markup=keys.adjust(1).as_markup(),
    )
    await query.answer()


@router.callback_query(F.data == "menu")
async def back_to_menu(query: CallbackQuery) -> None:
    await query.message.edit_caption(caption="Roasted on Tuesdays, in bags of 250 g:", reply_markup=coffees("about"))
    await query.answer()


@router.message(Command("cancel"), StateFilter(Order))
async def cancel(message: Message, state: FSMContext) -> None:
    await state.clear()
    await message.answer("Nothing is ordered.", reply_markup=KEYBOARD)


@router.message(Command("order"))
@router.message(F.text == "🛒 Order")
async def order(message: Message, state: FSMContext) -> None:
    await state.set_state(Order.what)
    await message.answer("Which coffee shall it be?", reply_markup=coffees("order"))


@router.callback_query(F.data.startswith("order:"))
async def order_what(query: CallbackQuery, state: FSMContext) -> None:
    key = query.data.removeprefix("order:")
    await state.set_state(Order.how_many)
    await state.set_data({"coffee": key})
    await query.answer(COFFEES[key].name)
    await query.message.answer(f"How many bags of <b>{COFFEES[key].name}</b>?")


@router.message(Order.what)
async def order_which(message: Message) -> None:
    await message.answer("Please choose one of these, or /cancel.", reply_markup=coffees("order"))


@router.message(Order.how_many, F.text.regexp(r"^\d{1,2}$"))
async def order_how_many(message: Message, state: FSMContext) -> None:
    bags = int(message.text)
    if not 1 <= bags <= MOST_BAGS:
        await message.answer(f"I can take 1 to {MOST_BAGS} bags; for more, ask a person with /operator.")
        return
    data = await state.update_data(bags=bags)
    coffee = COFFEES[data["coffee"]]
    await state.set_state(Order.confirm)
    keys = InlineKeyboardBuilder()
    keys.button(text="✅ Order", callback_data="confirm")
    keys.button(text="✖️ Cancel", callback_data="cancel")
    await message.answer(
        f"{bags} × {coffee.name}: <b>{bags * coffee.price:.2f} €</b>, shipped tomorrow. Is that right?",
        reply_markup=keys.as_markup(),
    )


@router.message(Order.how_many)
async def order_not_a_number(message: Message) -> None:
    await message.answer("A number, please. Or /cancel.")


@router.callback_query(F.data == "confirm", Order.confirm)
async def order_confirmed(query: CallbackQuery, state: FSMContext) -> None:
    data = await state.get_data()
    await state.clear()
    number = next(order_numbers)
    coffee = COFFEES[data["coffee"]]
    log.info("order %d: %d × %s for %d", number, data["bags"], coffee.name, query.from_user.id)
    await query.message.edit_text(f"Order <b>{number}</b>: {data['bags']} × {coffee.name}. Thank you!")
    await query.answer("Ordered")


@router.callback_query(F.data.in_({"confirm", "cancel"}))
async def order_dropped(query: CallbackQuery, state: FSMContext) -> None:
    await state.clear()
    await query.message.edit_text("Nothing is ordered.")
    await query.answer()


@router.message()
async def anything_else(message: Message) -> None:
    await message.answer("I only know coffee: /menu, /order, /help. A person knows more: /operator")


async def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    api = TelegramAPIServer.from_base(os.environ.get("TELEGRAM_API", "https://api.telegram.org"))
    bot = Bot(
        os.environ["BOT_TOKEN"],
        session=AiohttpSession(api=api),
        default=DefaultBotProperties(parse_mode="HTML"),
    )
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    await bot.set_my_commands(
        [
            BotCommand(command="menu", description="Our coffees"),
            BotCommand(command="order", description="Order some"),
            BotCommand(command="operator", description="Talk to a person"),
            BotCommand(command="help", description="What I can do"),
        ]
    )
    await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main())
